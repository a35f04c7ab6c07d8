with product_months as (
    select * from {{ ref('int_product_mrr_months') }}
),

months as (
    select period_month, is_complete from {{ ref('int_months') }}
),

summed as (
    select
        customer_id,
        period_month,
        cast(sum(mrr) as numeric(18, 2)) as mrr,
        cast(sum(mrr_at_month_rate) as numeric(18, 2)) as mrr_at_month_rate,
        cast(sum(mrr_at_next_month_rate) as numeric(18, 2)) as mrr_at_next_month_rate
    from product_months
    group by customer_id, period_month
)

select
    summed.customer_id,
    summed.period_month,
    summed.mrr,
    summed.mrr_at_month_rate,
    summed.mrr_at_next_month_rate,
    months.is_complete
from summed
inner join months on summed.period_month = months.period_month
