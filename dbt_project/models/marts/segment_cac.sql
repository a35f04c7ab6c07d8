with months as (
    select period_month, is_complete from {{ ref('int_months') }} where is_reported
),

definitions as (
    select metrics.metric_definition, inputs.is_loaded, lags.lag_definition
    from {{ ref('int_kpi_metrics') }} as metrics
    inner join {{ ref('int_kpi_inputs') }} as inputs on inputs.input = 'spend'
    cross join (
        select 'cac_lag0' as lag_definition
        union all
        select 'cac_cycle_lag'
    ) as lags
    where metrics.metric = 'cac'
),

scopes as (
    select 'portfolio' as scope, cast(null as {{ dbt.type_string() }}) as product_id,
        '' as product_key
    union all
    select 'product' as scope, product_id, product_id as product_key from {{ ref('dim_products') }}
),

schemes as (
    select segment_scheme from {{ ref('int_segment_schemes') }}
),

segments as (
    select segment_scheme, segment from {{ ref('dim_segments') }}
    where segment_scheme in (select segment_scheme from schemes)
    union all
    select segment_scheme, 'unknown' as segment from schemes where segment_scheme <> 'all'
    union all
    select segment_scheme, 'unallocated' as segment from schemes where segment_scheme <> 'all'
    union all
    select segment_scheme, 'existing_customers' as segment from schemes
    -- each once: the last union is of everything before it
    union
    select 'all' as segment_scheme, 'all' as segment
),

-- every cell has a row: a segment with spend and no win says so, it does not disappear
cells as (
    select scopes.scope, scopes.product_id, scopes.product_key, segments.segment_scheme,
        segments.segment, months.period_month, months.is_complete,
        definitions.metric_definition, definitions.lag_definition,
        case
            when definitions.is_loaded then 'no spend and no new logos in the window'
            else 'no spend loaded'
        end as reason_empty
    from scopes
    cross join segments
    cross join months
    cross join definitions
),

measured as (
    select * from {{ ref('int_segment_economics') }}
),

parameters as (
    select min_n, reporting_currency from {{ ref('int_metric_parameters') }}
)

select
    cells.scope,
    cells.product_id,
    cells.segment_scheme,
    cells.segment,
    cells.period_month,
    cells.metric_definition,
    cells.lag_definition,
    cast(measured.lag_months as integer) as lag_months,
    measured.lag_basis,
    cast(coalesce(measured.window_months, 0) as integer) as window_months,
    cast(coalesce(measured.spend, 0) as numeric(18, 2)) as spend,
    cast(coalesce(measured.logo_count, 0) as bigint) as new_logos,
    measured.cac,
    measured.cac_ci_low as ci_low,
    measured.cac_ci_high as ci_high,
    cast(coalesce(measured.logo_count, 0) as bigint) as n,
    measured.cac is not null and measured.logo_count >= parameters.min_n as is_reliable,
    case when measured.cac is null then coalesce(measured.cac_reason, cells.reason_empty) end
        as reason,
    measured.gross_margin,
    cast(coalesce(measured.new_count, 0) as bigint) as new_customers,
    measured.new_mrr_per_customer,
    measured.payback_months,
    case when measured.payback_months is null
        then coalesce(measured.payback_reason, cells.reason_empty) end as payback_reason,
    cast(measured.median_months as double precision) as payback_empirical,
    cast(measured.median_ci_low as double precision) as payback_empirical_ci_low,
    cast(measured.median_ci_high as double precision) as payback_empirical_ci_high,
    cast(coalesce(measured.followed_customers, 0) as bigint) as followed_customers,
    case when measured.median_months is null
        then coalesce(measured.payback_empirical_reason, cells.reason_empty)
    end as payback_empirical_reason,
    measured.ltv_simple as ltv,
    measured.ltv_ci_low,
    measured.ltv_ci_high,
    cast(coalesce(measured.churned_count, 0) as bigint) as churned_customers,
    case when measured.ltv_simple is null
        then coalesce(measured.ltv_reason, cells.reason_empty) end as ltv_reason,
    measured.ltv_cac,
    measured.ltv_cac_ci_low,
    measured.ltv_cac_ci_high,
    case when measured.ltv_cac is null
        then coalesce(measured.ltv_cac_reason, cells.reason_empty) end as ltv_cac_reason,
    cells.is_complete,
    parameters.reporting_currency
from cells
cross join parameters
left join measured
    on cells.scope = measured.scope
    and cells.product_key = measured.product_key
    and cells.segment_scheme = measured.segment_scheme
    and cells.segment = measured.segment
    and cells.period_month = measured.period_month
    and cells.metric_definition = measured.metric_definition
    and cells.lag_definition = measured.lag_definition
