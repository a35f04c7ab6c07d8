with product_months as (
    select customer_id, product_id, period_month, mrr_at_month_rate, mrr_at_next_month_rate
    from {{ ref('int_product_mrr_months') }}
),

months as (
    select period_month, is_complete from {{ ref('int_months') }}
),

parameters as (
    select reporting_currency from {{ ref('int_metric_parameters') }}
),

starts as (
    select customer_id, product_id, min(period_month) as first_month
    from product_months
    group by customer_id, product_id
),

spine as (
    select starts.customer_id, starts.product_id, months.period_month, months.is_complete
    from starts
    inner join months on starts.first_month <= months.period_month
),

closings as (
    select
        spine.customer_id,
        spine.product_id,
        spine.period_month,
        spine.is_complete,
        coalesce(product_months.mrr_at_month_rate, 0) as closing_mrr,
        -- what next month opens with, before anybody moves
        product_months.mrr_at_next_month_rate as carried_mrr
    from spine
    left join product_months
        on spine.customer_id = product_months.customer_id
        and spine.product_id = product_months.product_id
        and spine.period_month = product_months.period_month
),

steps as (
    select
        *,
        coalesce(lag(closing_mrr) over (
            partition by customer_id, product_id order by period_month
        ), 0) as opening_mrr,
        coalesce(lag(carried_mrr) over (
            partition by customer_id, product_id order by period_month
        ), 0) as revalued_mrr,
        max(closing_mrr) over (
            partition by customer_id, product_id order by period_month
            rows between unbounded preceding and 1 preceding
        ) as earlier_peak
    from closings
),

customer_openings as (
    select customer_id, period_month, sum(opening_mrr) as customer_opening_mrr
    from steps
    group by customer_id, period_month
)

select
    steps.customer_id,
    steps.product_id,
    steps.period_month,
    cast(steps.opening_mrr as numeric(18, 2)) as opening_mrr,
    case
        -- a first payment while another product was already paid for; a bundle on day one is new
        when coalesce(steps.earlier_peak, 0) = 0 and steps.closing_mrr > 0
            and customer_openings.customer_opening_mrr > 0 then 'cross_sell'
        {{ movement('steps.revalued_mrr', 'steps.closing_mrr', 'steps.earlier_peak') }}
    end as movement,
    cast(steps.closing_mrr - steps.revalued_mrr as numeric(18, 2)) as movement_amount,
    cast(steps.revalued_mrr - steps.opening_mrr as numeric(18, 2)) as fx_amount,
    cast(steps.closing_mrr as numeric(18, 2)) as closing_mrr,
    parameters.reporting_currency,
    steps.is_complete
from steps
cross join parameters
inner join customer_openings
    on steps.customer_id = customer_openings.customer_id
    and steps.period_month = customer_openings.period_month
