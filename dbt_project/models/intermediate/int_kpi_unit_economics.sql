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
),

lifetimes_now as (
    select * from lifetimes where period_month = {{ as_of_month() }}
),

-- life tables are those of the as-of date: no fit for an earlier month
fitted as (
    select
        fits.scope, fits.product_key, fits.segment_scheme, fits.segment,
        {{ as_of_month() }} as period_month,
        fits.n,
        lifetimes.new_customer_periods * parameters.ltv_period_months as expected_months,
        worth.customer_months, worth.opening_profit, worth.lacks_margin,
        fits.reason
    from {{ ref('int_sbg_fits') }} as fits
    cross join {{ ref('int_metric_parameters') }} as parameters
    left join {{ ref('int_sbg_lifetimes') }} as lifetimes
        on fits.scope = lifetimes.scope and fits.product_key = lifetimes.product_key
        and fits.segment_scheme = lifetimes.segment_scheme and fits.segment = lifetimes.segment
        and lifetimes.period_number = 0
    left join lifetimes_now as worth
        on fits.scope = worth.scope and fits.product_key = worth.product_key
        and fits.segment_scheme = worth.segment_scheme and fits.segment = worth.segment
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
    payback_months, null, null, least(logo_count, coalesce(new_count, 0)),
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
union all
select
    scope, nullif(product_key, ''), segment_scheme, segment, period_month,
    metrics.metric, metrics.metric_definition,
    case when not lacks_margin
        then expected_months * opening_profit / nullif(customer_months, 0) end,
    null, null, n, null, null,
    {{ ltv_sbg_segment_reason('reason', 'lacks_margin', 'customer_months') }}
from fitted
inner join metrics on metrics.metric = 'ltv_sbg'
