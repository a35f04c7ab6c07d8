-- Products would tell another story than their customer.
-- Every month of every customer.
-- A returned row is a customer and month whose products do not sum to its own row.
with products as (
    select
        customer_id,
        period_month,
        sum(opening_mrr) as opening_mrr,
        sum(movement_amount) as movement_amount,
        sum(fx_amount) as fx_amount,
        sum(closing_mrr) as closing_mrr
    from {{ ref('fct_mrr_product_movements') }}
    group by customer_id, period_month
),

customers as (
    select customer_id, period_month, opening_mrr, movement_amount, fx_amount, closing_mrr
    from {{ ref('fct_mrr_movements') }}
)

select customers.customer_id, customers.period_month
from customers
full outer join products
    on customers.customer_id = products.customer_id
    and customers.period_month = products.period_month
where customers.customer_id is null
    or products.customer_id is null
    or customers.opening_mrr <> products.opening_mrr
    or customers.movement_amount <> products.movement_amount
    or customers.fx_amount <> products.fx_amount
    or customers.closing_mrr <> products.closing_mrr
