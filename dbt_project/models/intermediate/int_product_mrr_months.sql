with item_months as (
    select * from {{ ref('int_subscription_item_months') }}
)

select
    customer_id,
    product_id,
    period_month,
    cast(sum(monthly_amount) as numeric(18, 2)) as mrr,
    cast(sum(amount_at_month_rate) as numeric(18, 2)) as mrr_at_month_rate,
    cast(sum(amount_at_next_month_rate) as numeric(18, 2)) as mrr_at_next_month_rate
from item_months
group by customer_id, product_id, period_month
