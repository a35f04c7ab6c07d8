with parameters as (
    select * from {{ ref('int_metric_parameters') }}
),

customers as (
    select
        earned.*,
        starts.segment_scheme,
        starts.segment,
        floor(earned.followed_months / cast(parameters.ltv_period_months as double precision))
            as period_number
    from {{ ref('int_customer_value') }} as earned
    cross join parameters
    inner join {{ ref('int_customer_starts') }} as starts
        on earned.customer_id = starts.customer_id
        and starts.scope = 'portfolio'
        and starts.segment_scheme = parameters.value_scheme
),

churn as (
    select segment_scheme, segment, customer_months, churned_count
    from {{ ref('int_segment_ltv') }}
    where scope = 'portfolio' and period_month = {{ as_of_month() }}
),

costs_of_winning as (
    select segment_scheme, segment, period_month,
        case when missing_categories is null and spend > 0
            then spend / nullif(logo_count, 0) end as cac,
        {{ cac_reason('missing_categories', 'segment', 'logo_count', 'spend') }} as cac_reason
    from {{ ref('int_segment_cac') }}
    where scope = 'portfolio' and metric_definition = 'cac_fully_loaded'
        and lag_definition = 'cac_cycle_lag'
),

joined as (
    select
        customers.*,
        parameters.reporting_currency,
        churn.churned_count / nullif(cast(churn.customer_months as double precision), 0)
            as monthly_churn,
        case when churn.customer_months > 0 then churn.churned_count end as churned_count,
        lifetimes.remaining_periods * parameters.ltv_period_months as remaining_months,
        fits.reason as fit_reason,
        winning.cac,
        coalesce(winning.cac_reason, case when winning.period_month is null
            then 'no spend is recorded for the window in which it came' end) as cac_reason,
        costs.hosting_cost, costs.support_cost, costs.customer_success_cost, costs.payment_cost,
        costs.cost_to_serve, costs.cost_to_serve_to_date, costs.cost_reason
    from customers
    cross join parameters
    inner join {{ ref('int_customer_costs') }} as costs
        on customers.customer_id = costs.customer_id
    left join churn
        on customers.segment_scheme = churn.segment_scheme and customers.segment = churn.segment
    left join {{ ref('int_sbg_fits') }} as fits
        on fits.scope = 'portfolio'
        and customers.segment_scheme = fits.segment_scheme
        and customers.segment = fits.segment
    left join {{ ref('int_sbg_lifetimes') }} as lifetimes
        on lifetimes.scope = 'portfolio'
        and customers.segment_scheme = lifetimes.segment_scheme
        and customers.segment = lifetimes.segment
        and least(customers.period_number, fits.period_count + 1) = lifetimes.period_number
    left join costs_of_winning as winning
        on customers.segment_scheme = winning.segment_scheme
        and customers.segment = winning.segment
        and customers.first_paid_month = winning.period_month
)

select
    customer_id,
    {{ as_of_date() }} as as_of_date,
    segment_scheme,
    segment,
    first_paid_month,
    current_mrr > 0 as is_active,
    cast(current_mrr as numeric(18, 2)) as current_mrr,
    cast(revenue_to_date as numeric(18, 2)) as revenue_to_date,
    cast(profit_to_date as numeric(18, 2)) as ltv_observed,
    case when profit_to_date is null then 'no gross margin declared for a product' end
        as ltv_observed_reason,
    case when profit_to_date is not null and current_mrr > 0
        then current_profit / nullif(monthly_churn, 0) end as ltv_simple,
    {{ ltv_simple_reason('profit_to_date', 'current_mrr', 'churned_count') }}
        as ltv_simple_reason,
    -- of one that left, nothing more is expected
    case when current_mrr > 0 then profit_to_date + current_profit * remaining_months
        else profit_to_date end as ltv_sbg,
    {{ ltv_sbg_reason('profit_to_date', 'current_mrr', 'remaining_months', 'fit_reason') }}
        as ltv_sbg_reason,
    cast(recent_revenue as numeric(18, 2)) as recent_revenue,
    hosting_cost,
    support_cost,
    customer_success_cost,
    payment_cost,
    cast(cost_to_serve as numeric(18, 2)) as cost_to_serve,
    cast((recent_revenue - cost_to_serve) / nullif(recent_revenue, 0) as double precision)
        as gm_to_serve,
    coalesce(cost_reason, case when recent_revenue = 0 then 'no revenue in these months' end)
        as gm_to_serve_reason,
    cast(cac as double precision) as cac,
    cac_reason,
    cast(cost_to_serve_to_date as numeric(18, 2)) as cost_to_serve_to_date,
    cast(profit_to_date / nullif(cac + cost_to_serve_to_date, 0) as double precision)
        as value_to_cost_ratio,
    reporting_currency
from joined
