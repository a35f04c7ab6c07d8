with customer_months as (
    select customer_id, period_month, mrr_at_month_rate, mrr_at_next_month_rate
    from {{ ref('int_customer_mrr_months') }}
),

months as (
    select period_month, is_complete from {{ ref('int_months') }}
),

parameters as (
    select reporting_currency from {{ ref('int_metric_parameters') }}
),

starts as (
    select customer_id, min(period_month) as first_month
    from customer_months
    group by customer_id
),

-- every month from the first paid one to the as-of month, so that a departure has a row
spine as (
    select starts.customer_id, months.period_month, months.is_complete
    from starts
    inner join months on starts.first_month <= months.period_month
),

closings as (
    select
        spine.customer_id,
        spine.period_month,
        spine.is_complete,
        coalesce(customer_months.mrr_at_month_rate, 0) as closing_mrr,
        -- what next month opens with, before anybody moves
        customer_months.mrr_at_next_month_rate as carried_mrr
    from spine
    left join customer_months
        on spine.customer_id = customer_months.customer_id
        and spine.period_month = customer_months.period_month
),

steps as (
    select
        *,
        coalesce(
            lag(closing_mrr) over (partition by customer_id order by period_month), 0
        ) as opening_mrr,
        coalesce(lag(carried_mrr) over (
            partition by customer_id order by period_month
        ), 0) as revalued_mrr,
        max(closing_mrr) over (
            partition by customer_id order by period_month
            rows between unbounded preceding and 1 preceding
        ) as earlier_peak
    from closings
)

select
    steps.customer_id,
    steps.period_month,
    cast(steps.opening_mrr as numeric(18, 2)) as opening_mrr,
    case
        {{ movement('steps.revalued_mrr', 'steps.closing_mrr', 'steps.earlier_peak') }}
    end as movement,
    cast(steps.closing_mrr - steps.revalued_mrr as numeric(18, 2)) as movement_amount,
    cast(steps.revalued_mrr - steps.opening_mrr as numeric(18, 2)) as fx_amount,
    cast(steps.closing_mrr as numeric(18, 2)) as closing_mrr,
    parameters.reporting_currency,
    steps.is_complete
from steps
cross join parameters
