{%- set metrics = ['first_reply_minutes', 'first_reply_open_minutes', 'resolution_minutes'] -%}
{%- set ranks = ['lower_middle', 'upper_middle', 'low_rank', 'high_rank'] -%}
with tickets as (
    select scope, product_id, customer_id, segment_date, period_month, asked_count,
        {{ metrics | join(', ') }}
    from {{ ref('int_ticket_outcomes') }}
),

parameters as (
    select confidence_z as z, ticket_follow_up_days from {{ ref('int_metric_parameters') }}
),

metrics as (
    select metric, metric_definition from {{ ref('int_kpi_metrics') }}
    where kind = 'median' and needs in ('tickets', 'tickets and support hours')
),

members as (
    {{ with_segments('tickets', 'customer_id') }}
),

-- a ticket that nobody answered waited longer than any other: left out, it would shorten the
-- median, so it has a rank (it counts in n) and no value
cells as (
    select
        scope, product_id, segment_scheme, segment, period_month,
        count(*) as ticket_count,
        sum(asked_count) as asked_count,
        {%- for metric in metrics %}
        {{ ordered_values(metric) }} as {{ metric }}{{ ',' if not loop.last }}
        {%- endfor %}
    from members
    group by scope, product_id, segment_scheme, segment, period_month
),

measured as (
    {% for metric in metrics -%}
    {%- set members = 'ticket_count' if metric == 'resolution_minutes' else 'asked_count' %}
    select scope, product_id, segment_scheme, segment, period_month, {{ members }} as n,
        '{{ metric }}' as metric, {{ metric }} as minutes
    from cells
    where {{ members }} > 0
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

ranked as (
    select
        measured.*,
        floor((n + 1) / 2.0) as lower_middle,
        ceil((n + 1) / 2.0) as upper_middle,
        -- few tickets, or much confidence: no value is far enough
        greatest({{ median_low_rank('n', 'parameters.z') }}, 0) as low_rank,
        n + 1 - {{ median_low_rank('n', 'parameters.z') }} as high_rank,
        parameters.ticket_follow_up_days
    from measured
    cross join parameters
),

picked as (
    select
        scope, product_id, segment_scheme, segment, period_month, metric, n,
        ticket_follow_up_days,
        {%- for rank in ranks %}
        {{ value_of_rank('minutes', rank) }} as {{ rank }}_minutes{{ ',' if not loop.last }}
        {%- endfor %}
    from ranked
)

select
    picked.scope, picked.product_id, picked.segment_scheme, picked.segment, picked.period_month,
    picked.metric,
    metrics.metric_definition,
    (picked.lower_middle_minutes + picked.upper_middle_minutes) / 2.0 as value,
    cast(null as double precision) as numerator,
    cast(null as double precision) as denominator,
    picked.n,
    case when picked.upper_middle_minutes is not null then picked.low_rank_minutes end as ci_low,
    picked.high_rank_minutes as ci_high,
    case
        when picked.upper_middle_minutes is null
            then 'half of the tickets or more were still waiting after '
                || picked.ticket_follow_up_days || ' days'
    end as reason
from picked
inner join metrics on picked.metric = metrics.metric
