with items as (
    select customer_id, product_id, paid_from, paid_to from {{ ref('int_subscription_items') }}
),

scoped as (
    select 'portfolio' as scope, customer_id, '' as product_key, paid_from,
        -- an open end is later than any start
        coalesce(paid_to, cast('9999-12-31' as date)) as paid_to
    from items
    union all
    select 'product' as scope, customer_id, product_id as product_key, paid_from,
        coalesce(paid_to, cast('9999-12-31' as date)) as paid_to
    from items
),

-- a paid period that another one continues is a renewal or a change of price, no departure
covered as (
    select
        scope,
        customer_id,
        product_key,
        max(paid_to) over (
            partition by scope, customer_id, product_key
            order by paid_from range unbounded preceding
        ) as covered_to,
        lead(paid_from) over (
            partition by scope, customer_id, product_key order by paid_from
        ) as next_from
    from scoped
)

select scope, customer_id, product_key, min(covered_to) as left_on
from covered
where covered_to <= {{ as_of_date() }} and (next_from is null or next_from > covered_to)
group by scope, customer_id, product_key
