with items as (
    select customer_id, product_id, paid_from, paid_to from {{ ref('int_subscription_items') }}
),

scoped as (
    select 'portfolio' as scope, customer_id, '' as product_key, paid_from, paid_to from items
    union all
    select 'product' as scope, customer_id, product_id as product_key, paid_from, paid_to
    from items
),

-- a paid period that another one continues is a renewal or a change of price, no departure
ends as (
    select ended.scope, ended.customer_id, ended.product_key, ended.paid_to
    from scoped as ended
    left join scoped as continued
        on ended.scope = continued.scope
        and ended.customer_id = continued.customer_id
        and ended.product_key = continued.product_key
        and continued.paid_from <= ended.paid_to
        and (continued.paid_to is null or continued.paid_to > ended.paid_to)
    where ended.paid_to <= {{ as_of_date() }} and continued.customer_id is null
)

select scope, customer_id, product_key, min(paid_to) as left_on
from ends
group by scope, customer_id, product_key
