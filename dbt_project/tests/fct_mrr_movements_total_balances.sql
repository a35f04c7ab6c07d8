-- The waterfall that people present must close: start + movements + FX = end, month by month.
-- Every month, all customers together; the start of a month is the end of the one before.
-- A returned row is a month that does not close.
with months as (
    select
        period_month,
        sum(opening_mrr) as opening_mrr,
        sum(movement_amount) as movement_amount,
        sum(fx_amount) as fx_amount,
        sum(closing_mrr) as closing_mrr
    from {{ ref('fct_mrr_movements') }}
    group by period_month
),

chained as (
    select
        *,
        coalesce(lag(closing_mrr) over (order by period_month), 0) as last_closing_mrr
    from months
)

select * from chained
where opening_mrr + movement_amount + fx_amount <> closing_mrr
    or opening_mrr <> last_closing_mrr
