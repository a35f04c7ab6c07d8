-- Members or money would be counted twice, or lost, between the segments of a scheme.
-- Every month, scope and scheme; metrics with a numerator and denominator.
-- A returned row is a scheme whose segments do not add up to everybody.
with totals as (
    select
        scope, coalesce(product_id, '') as product_key, segment_scheme, period_month,
        metric_definition,
        sum(coalesce(numerator, 0)) as numerator,
        sum(coalesce(denominator, 0)) as denominator
    from {{ ref('segment_kpis') }}
    group by scope, coalesce(product_id, ''), segment_scheme, period_month, metric_definition
)

select parts.*
from totals as parts
inner join totals as everybody
    on parts.scope = everybody.scope
    and parts.product_key = everybody.product_key
    and parts.period_month = everybody.period_month
    and parts.metric_definition = everybody.metric_definition
    and everybody.segment_scheme = 'all'
where abs(parts.numerator - everybody.numerator) > 0.01
    or abs(parts.denominator - everybody.denominator) > 0.01
