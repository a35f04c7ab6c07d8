{#- metric: its y and x of one customer and month, and whether it is a share. -#}
{%- set metrics = {
    'tickets_per_1000_mrr': ('ticket_count', 'mrr / 1000', false),
    'tickets_per_customer': ('ticket_count', '1', false),
    'tickets_per_active_seat': ('seat_ticket_count', 'active_user_count', false),
    'nps_coverage': ('answered_count', '1', true),
    'active_customers_share': ('active_count * exposed_count', 'exposed_count', true),
    'stickiness': ('coalesce(stickiness, 0) * exposed_count',
        'case when stickiness is null then 0 else exposed_count end', false),
    'first_value_coverage': ('valued_count', 'started_count', true),
} -%}
with observations as (
    select * from {{ ref('int_customer_months') }}
),

parameters as (
    select confidence_z as z from {{ ref('int_metric_parameters') }}
),

metrics as (
    select metric, metric_definition, needs from {{ ref('int_kpi_metrics') }}
    where metric in ('{{ metrics | join("', '") }}')
),

-- outside these months "none" and "not recorded" look alike
recorded as (
    select * from {{ ref('int_recorded_months') }}
),

members as (
    {{ with_segments('observations', 'customer_id') }}
),

sums as (
    select
        scope, product_id, segment_scheme, segment, period_month
        {%- for metric, (y, x, is_share) in metrics.items() %},
        sum({{ y }}) as {{ metric }}_y,
        sum({{ x }}) as {{ metric }}_x,
        {%- if not is_share %}
        sum(power({{ y }}, 2)) as {{ metric }}_yy,
        sum(({{ y }}) * {{ x }}) as {{ metric }}_xy,
        sum(power({{ x }}, 2)) as {{ metric }}_xx,
        {%- endif %}
        sum(case when {{ x }} > 0 then 1 else 0 end) as {{ metric }}_n
        {%- endfor %}
    from members
    group by scope, product_id, segment_scheme, segment, period_month
),

measured as (
    {% for metric, (y, x, is_share) in metrics.items() -%}
    select scope, product_id, segment_scheme, segment, period_month, '{{ metric }}' as metric,
        {{ metric }}_y as numerator,
        {{ metric }}_x as denominator,
        {{ metric }}_n as n
        {%- for bound, sign in [('ci_low', '-'), ('ci_high', '+')] %},
        {% if is_share -%}
        {{ share_bound(metric ~ '_y', metric ~ '_x', 'z', sign) }}
        {%- else -%}
        {{ ratio_bound(metric ~ '_y', metric ~ '_x', metric ~ '_yy', metric ~ '_xy',
            metric ~ '_xx', metric ~ '_n', 'z', sign,
            ceiling=1 if metric == 'stickiness' else none) }}
        {%- endif %} as {{ bound }}
        {%- endfor %}
    from sums
    cross join parameters
    {{ 'union all' if not loop.last }}
    {% endfor -%}
)

select
    measured.scope, measured.product_id, measured.segment_scheme, measured.segment,
    measured.period_month, measured.metric,
    metrics.metric_definition,
    case when measured.period_month <= recorded.recorded_to
        then measured.numerator / nullif(cast(measured.denominator as double precision), 0)
    end as value,
    {%- for column in ['numerator', 'denominator'] %}
    case when measured.period_month <= recorded.recorded_to
        then cast(measured.{{ column }} as double precision) end as {{ column }},
    {%- endfor %}
    case when measured.period_month <= recorded.recorded_to then measured.n else 0 end as n,
    {%- for column in ['ci_low', 'ci_high'] %}
    case when measured.period_month <= recorded.recorded_to
        then measured.{{ column }} end as {{ column }},
    {%- endfor %}
    case
        when measured.period_month > recorded.recorded_to
        then recorded.needs || ' not recorded after '
            || substring(cast(recorded.recorded_to as {{ dbt.type_string() }}), 1, 7)
        when measured.denominator > 0 then null
        else case measured.metric
            when 'active_customers_share' then 'no customer that has paid for 28 days'
            when 'tickets_per_active_seat' then 'no paying customer with an active user'
            when 'stickiness' then 'no customer with an active user'
            when 'first_value_coverage' then 'no customer whose first value is recorded'
        end
    end as reason
from measured
inner join metrics on measured.metric = metrics.metric
inner join recorded
    on metrics.needs = recorded.needs
    and measured.scope = recorded.scope
    and coalesce(measured.product_id, '') = recorded.product_key
    and measured.period_month >= recorded.recorded_from
