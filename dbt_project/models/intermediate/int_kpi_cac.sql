with metrics as (
    select metric, metric_definition from {{ ref('int_kpi_metrics') }} where metric = 'cac'
)

-- without lag: the cost with it is in segment_cac
select
    costs.scope, nullif(costs.product_key, '') as product_id, costs.segment_scheme, costs.segment,
    costs.period_month, metrics.metric, metrics.metric_definition,
    costs.cac as value,
    cast(costs.spend as double precision) as numerator,
    cast(costs.logo_count as double precision) as denominator,
    costs.logo_count as n,
    costs.cac_ci_low as ci_low,
    costs.cac_ci_high as ci_high,
    costs.cac_reason as reason
from {{ ref('int_segment_economics') }} as costs
inner join metrics on costs.metric_definition = metrics.metric_definition
where costs.lag_definition = 'cac_lag0' and costs.segment <> 'existing_customers'
