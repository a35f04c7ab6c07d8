with product_months as (
    select
        months.customer_id, months.product_id, months.period_month, months.mrr,
        cast(months.mrr * coalesce(products.gross_margin, 0) as double precision) as profit,
        case when products.gross_margin is null then months.mrr else 0 end as unmargined_mrr
    from {{ ref('int_product_mrr_months') }} as months
    left join {{ ref('int_products') }} as products on months.product_id = products.product_id
),

paid as (
    select 'portfolio' as scope, '' as product_key, customer_id, period_month,
        sum(mrr) as mrr, sum(profit) as profit, sum(unmargined_mrr) as unmargined_mrr
    from product_months
    group by customer_id, period_month
    union all
    select 'product' as scope, product_id as product_key, customer_id, period_month, mrr, profit,
        unmargined_mrr
    from product_months
),

neighbours as (
    select
        *,
        lag(period_month) over (payer) as earlier_month,
        lag(mrr) over (payer) as earlier_mrr,
        lag(profit) over (payer) as earlier_profit,
        lag(unmargined_mrr) over (payer) as earlier_unmargined_mrr,
        lead(period_month) over (payer) as later_month
    from paid
    window payer as (partition by scope, product_key, customer_id order by period_month)
),

steps as (
    select
        scope, product_key, customer_id, period_month,
        earlier_month is null as is_first,
        earlier_month is null or earlier_month < {{ add_months('period_month', -1) }} as is_opening,
        mrr, profit, unmargined_mrr, earlier_mrr, earlier_profit, earlier_unmargined_mrr
    from neighbours
),

changes as (
    select
        scope, product_key, customer_id, period_month, is_first,
        case when is_opening then 1 else 0 end as active_step,
        mrr - case when is_opening then 0 else earlier_mrr end as mrr_step,
        profit - case when is_opening then 0 else earlier_profit end as profit_step,
        unmargined_mrr - case when is_opening then 0 else earlier_unmargined_mrr end
            as unmargined_step
    from steps
    union all
    -- the month after the last paid one of a run, unless that lies ahead
    select
        scope, product_key, customer_id, {{ add_months('period_month', 1) }}, false, -1, 0 - mrr,
        0 - profit, 0 - unmargined_mrr
    from neighbours
    where (later_month is null or later_month > {{ add_months('period_month', 1) }})
        and period_month < {{ as_of_month() }}
)

select * from changes
where active_step <> 0 or mrr_step <> 0 or unmargined_step <> 0 or abs(profit_step) > 1e-9
