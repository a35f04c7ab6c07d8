with tickets as (
    select scope, product_id, customer_id, segment_date, period_month, asked_count,
        within_target_count, rated_count, positive_count
    from {{ ref('int_ticket_outcomes') }}
),

parameters as (
    select confidence_z as z from {{ ref('int_metric_parameters') }}
),

metrics as (
    select metric, metric_definition from {{ ref('int_kpi_metrics') }}
    where kind = 'share' and needs = 'tickets'
),

members as (
    {{ with_segments('tickets', 'customer_id') }}
),

sums as (
    select
        scope, product_id, segment_scheme, segment, period_month,
        sum(asked_count) as asked_count,
        sum(within_target_count) as within_target_count,
        sum(rated_count) as rated_count,
        sum(positive_count) as positive_count
    from members
    group by scope, product_id, segment_scheme, segment, period_month
),

measured as (
    select
        sums.scope, sums.product_id, sums.segment_scheme, sums.segment, sums.period_month,
        metrics.metric,
        metrics.metric_definition,
        case metrics.metric when 'csat' then sums.positive_count else sums.within_target_count end
            as numerator,
        -- an unrated ticket is neither satisfied nor unsatisfied
        case metrics.metric when 'csat' then sums.rated_count else sums.asked_count end
            as denominator,
        parameters.z
    from sums
    cross join metrics
    cross join parameters
)

select
    scope, product_id, segment_scheme, segment, period_month, metric, metric_definition,
    numerator / nullif(cast(denominator as double precision), 0) as value,
    cast(numerator as double precision) as numerator,
    cast(denominator as double precision) as denominator,
    denominator as n,
    {{ share_bound('numerator', 'denominator', 'z', '-') }} as ci_low,
    {{ share_bound('numerator', 'denominator', 'z', '+') }} as ci_high,
    case
        when denominator = 0 and metric = 'csat' then 'no ticket was rated'
        when denominator = 0 then 'no ticket was opened by a customer'
    end as reason
from measured
