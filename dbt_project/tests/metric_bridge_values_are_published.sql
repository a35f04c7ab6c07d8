-- Both ends of a bridge are numbers that people read in segment_kpis; another value would mislead.
-- Every end of every bridge.
-- A returned row is an end that segment_kpis does not hold, or holds with another value.
with ends as (
    select scope, product_id, segment_scheme, segment, period_month,
        from_definition as metric_definition, from_value as value
    from {{ ref('metric_bridge') }}
    union
    select scope, product_id, segment_scheme, segment, period_month,
        to_definition as metric_definition, to_value as value
    from {{ ref('metric_bridge') }}
)

select ends.*
from ends
left join {{ ref('segment_kpis') }} as kpis
    on ends.scope = kpis.scope
    and coalesce(ends.product_id, '') = coalesce(kpis.product_id, '')
    and ends.segment_scheme = kpis.segment_scheme
    and ends.segment = kpis.segment
    and ends.period_month = kpis.period_month
    and ends.metric_definition = kpis.metric_definition
where kpis.value is null or abs(kpis.value - ends.value) > 1e-12
