with item_months as (
    select customer_id, product_id, period_month, monthly_amount
    from {{ ref('int_subscription_item_months') }}
)

select
    customer_id,
    product_id,
    period_month,
    cast(sum(monthly_amount) as numeric(18, 2)) as mrr
from item_months
group by customer_id, product_id, period_month
