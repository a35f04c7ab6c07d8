with months as (
    select period_month, is_complete from {{ ref('int_months') }} where is_reported
),

metrics as (
    select metrics.metric, metrics.metric_definition, metrics.kind, metrics.needs,
        inputs.is_loaded,
        case metrics.metric
            when 'early_churn' then 'no customer whose first days ended in the window'
            when 'ltv_sbg' then 'lifetimes are fitted to the newest month, all and value_scheme'
            when 'reactivation_rate' then 'no customer that had left before the month'
            else inputs.reason_empty
        end as reason_empty
    from {{ ref('int_kpi_metrics') }} as metrics
    inner join {{ ref('int_kpi_inputs') }} as inputs on metrics.needs = inputs.input
),

parameters as (
    select min_n, reporting_currency, curve_months from {{ ref('int_metric_parameters') }}
),

scopes as (
    select 'portfolio' as scope, cast(null as {{ dbt.type_string() }}) as product_id,
        '' as product_key
    union all
    select 'product' as scope, product_id, product_id as product_key from {{ ref('dim_products') }}
),

segments as (
    -- a scheme without history has no segments at the past dates that metrics ask about
    select segment_scheme, segment from {{ ref('dim_segments') }}
    where segment_scheme in (select segment_scheme from {{ ref('int_segment_schemes') }})
    union
    select segment_scheme, 'unknown' as segment from {{ ref('int_segment_schemes') }}
    where segment_scheme <> 'all'
    union
    select segment_scheme, 'unallocated' as segment from {{ ref('int_segment_schemes') }}
    where segment_scheme <> 'all'
    union
    select 'all' as segment_scheme, 'all' as segment
),

-- every cell has a row: a segment without data says so, it does not disappear
cells as (
    select scopes.scope, scopes.product_id, scopes.product_key, segments.segment_scheme,
        segments.segment, months.period_month, months.is_complete, metrics.metric,
        metrics.metric_definition, metrics.kind, metrics.is_loaded, metrics.needs,
        metrics.reason_empty
    from scopes
    cross join segments
    cross join months
    cross join metrics
    -- only spend can belong to no segment at all
    where segments.segment <> 'unallocated' or metrics.kind = 'cost'
),

measured as (
    select *, coalesce(product_id, '') as product_key from {{ ref('int_kpi_values') }}
),

shrunk as (
    select * from {{ ref('int_kpi_shrunk_shares') }}
),

joined as (
    select
        cells.*, measured.value, measured.numerator, measured.denominator, measured.n,
        measured.ci_low, measured.ci_high, measured.reason, shrunk.shrunk_value,
        parameters.min_n, parameters.reporting_currency, parameters.curve_months
    from cells
    cross join parameters
    left join measured
        on cells.scope = measured.scope
        and cells.product_key = measured.product_key
        and cells.segment_scheme = measured.segment_scheme
        and cells.segment = measured.segment
        and cells.period_month = measured.period_month
        and cells.metric_definition = measured.metric_definition
    left join shrunk
        on cells.scope = shrunk.scope
        and cells.product_key = shrunk.product_key
        and cells.segment_scheme = shrunk.segment_scheme
        and cells.segment = shrunk.segment
        and cells.period_month = shrunk.period_month
        and cells.metric_definition = shrunk.metric_definition
)

select
    scope, product_id, segment_scheme, segment, period_month, metric, metric_definition,
    cast(value as double precision) as value,
    cast(numerator as double precision) as numerator,
    cast(denominator as double precision) as denominator,
    cast(coalesce(n, 0) as bigint) as n,
    cast(ci_low as double precision) as ci_low,
    cast(ci_high as double precision) as ci_high,
    cast(shrunk_value as double precision) as shrunk_value,
    is_complete,
    value is not null and coalesce(n, 0) >= min_n as is_reliable,
    case
        when value is not null then null
        when not is_loaded then 'no ' || needs || ' loaded'
        when reason is not null or kind <> 'curve' then coalesce(reason, reason_empty)
        when {{ months_between('period_month', as_of_month()) }} >= curve_months
            then 'curves are measured in the newest months only (parameter curve_months)'
        else 'nobody started in the window'
    end as reason,
    reporting_currency
from joined
