{%- set cell = 'scope, product_id, segment_scheme, segment, period_month' -%}
with curves as (
    select * from {{ ref('int_event_curves') }}
),

parameters as (
    select curve_horizon_days from {{ ref('int_metric_parameters') }}
),

metrics as (
    select metric, metric_definition from {{ ref('int_kpi_metrics') }}
),

asked as (
    {% for item in curve_events() -%}
    {% set last = loop.last -%}
    {% for day in item.days -%}
    select '{{ item.event }}' as event, {{ day }} as day_number,
        '{{ item.share }}_{{ day }}d' as metric
    {{ 'union all' if not (last and loop.last) }}
    {% endfor -%}
    {% endfor %}
),

shares as (
    select
        {{ cell }},
        asked.metric,
        case when curves.is_followed then curves.incidence end as value,
        -- those of whom it is known what became of them by that day
        curves.known_n as n,
        case when curves.is_followed then curves.ci_low end as ci_low,
        case when curves.is_followed then curves.ci_high end as ci_high,
        case when not curves.is_followed then 'nobody was followed for so many days' end as reason
    from curves
    inner join asked on curves.event = asked.event and curves.day_number = asked.day_number
),

crossings as (
    select
        event, {{ cell }}, n,
        max(case
            when day_number = parameters.curve_horizon_days and is_followed then 1 else 0
        end) as is_followed,
        {%- for crossed, share in [
            ('half_day', 'incidence + 1e-9'), ('low_day', 'ci_high'), ('high_day', 'ci_low')
        ] %}
        cast(min(case when {{ share }} >= 0.5 then day_number end) as double precision)
            as {{ crossed }}{{ ',' if not loop.last }}
        {%- endfor %}
    from curves
    cross join parameters
    group by event, {{ cell }}, n
),

medians as (
    select
        {{ cell }},
        case event
            {%- for item in curve_events() %}
            when '{{ item.event }}' then '{{ item.median }}'
            {%- endfor %}
        end as metric,
        half_day as value,
        n,
        case when half_day is not null then low_day end as ci_low,
        case when half_day is not null then high_day end as ci_high,
        case
            when half_day is not null then null
            when is_followed = 1 then 'it levels off below one half'
            else 'nobody was followed until one half was reached'
        end as reason
    from crossings
)

select
    {{ cell }}, measured.metric, metrics.metric_definition, measured.value,
    cast(null as double precision) as numerator,
    cast(null as double precision) as denominator,
    cast(measured.n as bigint) as n,
    measured.ci_low, measured.ci_high, measured.reason
from (
    select * from shares
    union all
    select * from medians
) as measured
inner join metrics on measured.metric = metrics.metric
