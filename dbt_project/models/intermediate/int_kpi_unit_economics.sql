with metrics as (
    select metric, metric_definition from {{ ref('int_kpi_metrics') }}
),

lifetimes as (
    select * from {{ ref('int_segment_ltv') }}
),

-- without lag, fully loaded: the other costs are in segment_cac
economics as (
    select * from {{ ref('int_segment_economics') }}
    where metric_definition = 'cac_fully_loaded' and lag_definition = 'cac_lag0'
        and segment not in ('unallocated', 'existing_customers')
)

select
    scope, nullif(product_key, '') as product_id, segment_scheme, segment, period_month,
    metrics.metric, metrics.metric_definition,
    ltv_simple as value,
    case when lacks_margin then null else opening_profit end as numerator,
    cast(churned_count as double precision) as denominator,
    churned_count as n,
    ltv_ci_low as ci_low, ltv_ci_high as ci_high,
    ltv_reason as reason
from lifetimes
inner join metrics on metrics.metric = 'ltv'
union all
select
    scope, nullif(product_key, ''), segment_scheme, segment, period_month,
    metrics.metric, metrics.metric_definition,
    payback_months, null, null, logo_count,
    payback_months * cac_ci_low / cac, payback_months * cac_ci_high / cac, payback_reason
from economics
inner join metrics on metrics.metric = 'payback_months'
union all
select
    scope, nullif(product_key, ''), segment_scheme, segment, period_month,
    metrics.metric, metrics.metric_definition,
    ltv_cac, null, null, least(logo_count, coalesce(churned_count, 0)),
    ltv_cac_ci_low, ltv_cac_ci_high, ltv_cac_reason
from economics
inner join metrics on metrics.metric = 'ltv_cac'
