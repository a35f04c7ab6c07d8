with paying_items as (
    select source_system, subscription_item_id, customer_id, product_id
    from {{ ref('int_subscription_item_months') }}
    where period_month = {{ as_of_month() }}
),

items as (
    select source_system, subscription_item_id, subscription_id
    from {{ ref('int_subscription_items') }}
),

terms as (
    select source_system, subscription_id, plan from {{ ref('int_subscription_terms') }}
)

select distinct
    paying_items.customer_id,
    paying_items.product_id,
    terms.plan
from paying_items
inner join items
    on paying_items.source_system = items.source_system
    and paying_items.subscription_item_id = items.subscription_item_id
inner join terms
    on items.source_system = terms.source_system
    and items.subscription_id = terms.subscription_id
