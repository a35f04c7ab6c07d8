-- The velocity is the product of what is published beside it, or its parts had another filter or
-- another window. Every cell and month; numbers agree to 1e-9.
-- A returned row is a velocity that its parts do not explain.
with parts as (
    select
        scope, coalesce(product_id, '') as product_key, segment_scheme, segment, period_month,
        max(case when metric = 'pipeline_velocity' then value end) as velocity,
        max(case when metric = 'pipeline_deals' then value end) as deals,
        max(case when metric = 'win_rate' then value end) as win_rate,
        max(case when metric = 'average_deal_value' then value end) as deal_value,
        max(case when metric = 'sales_cycle_days' then value end) as cycle_days
    from {{ ref('segment_kpis') }}
    group by scope, coalesce(product_id, ''), segment_scheme, segment, period_month
),

products as (
    select *, deals * win_rate * deal_value / nullif(cycle_days, 0) as product from parts
)

select * from products
where abs(coalesce(velocity, -1) - coalesce(product, -1)) > 1e-9 * (1 + abs(coalesce(product, 0)))
