with cells as (
    select scope, product_key, segment_scheme, segment from {{ ref('int_segment_spend') }}
    union
    select scope, coalesce(product_id, ''), segment_scheme, segment
    from {{ ref('int_deal_segments') }}
    where is_new_logo
),

cycles as (
    select scope, coalesce(product_id, '') as product_key, segment_scheme, segment, period_month,
        value as cycle_days, n
    from {{ ref('int_kpi_sales_cycle') }}
),

bounds as (
    select min(period_month) as first_month from {{ ref('int_spend_months') }}
),

reported as (
    select min(period_month) as first_month from {{ ref('int_months') }} where is_reported
),

-- cycles are measured in reported months: an older month has the cycle of the first of them
periods as (
    select months.period_month, greatest(months.period_month, reported.first_month) as cycle_month
    from {{ ref('int_months') }} as months
    cross join bounds
    cross join reported
    where months.period_month >= bounds.first_month
),

compared as (
    select
        cells.*,
        periods.period_month,
        parameters.cac_lag_months as declared_months,
        case when own.n >= parameters.min_n then own.cycle_days end as own_days,
        case when everybody.n >= parameters.min_n then everybody.cycle_days end as scope_days,
        portfolio.cycle_days as portfolio_days
    from cells
    cross join periods
    cross join {{ ref('int_metric_parameters') }} as parameters
    left join cycles as own
        on cells.scope = own.scope
        and cells.product_key = own.product_key
        and cells.segment_scheme = own.segment_scheme
        and cells.segment = own.segment
        and periods.cycle_month = own.period_month
    left join cycles as everybody
        on cells.scope = everybody.scope
        and cells.product_key = everybody.product_key
        and periods.cycle_month = everybody.period_month
        and everybody.segment_scheme = 'all'
    left join cycles as portfolio
        on periods.cycle_month = portfolio.period_month
        and portfolio.scope = 'portfolio'
        and portfolio.segment_scheme = 'all'
)

select scope, product_key, segment_scheme, segment, period_month, 'cac_lag0' as lag_definition,
    0 as lag_months, 'zero' as lag_basis
from compared
union all
select scope, product_key, segment_scheme, segment, period_month, 'cac_cycle_lag',
    coalesce(
        declared_months,
        -- a mean month has 30.4375 days
        cast(round(coalesce(own_days, scope_days, portfolio_days) / 30.4375) as integer),
        0
    ),
    case
        when declared_months is not null then 'declared'
        when own_days is not null then 'segment'
        when scope_days is not null then 'scope'
        when portfolio_days is not null then 'portfolio'
        else 'no_cycle'
    end
from compared
