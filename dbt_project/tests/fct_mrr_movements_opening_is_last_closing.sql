-- A break between months would let revenue appear or vanish without a movement.
-- Every month of every customer.
-- A returned row opens with another amount than the month before closed with.
with steps as (
    select
        customer_id,
        period_month,
        opening_mrr,
        coalesce(lag(closing_mrr) over (partition by customer_id order by period_month), 0)
            as last_closing_mrr
    from {{ ref('fct_mrr_movements') }}
)

select * from steps where opening_mrr <> last_closing_mrr
