with terms as (
    select * from {{ ref('int_subscription_terms') }} where rule is not null
),

items as (
    select * from {{ ref('int_subscription_item_checks') }} where rule is not null
)

select
    source_system,
    'billing.subscriptions' as entity,
    source_file,
    source_row,
    subscription_id as row_key,
    rule,
    'rejected' as disposition,
    1 as row_count,
    loaded_at
from terms
union all
select
    source_system,
    'billing.subscription_items' as entity,
    source_file,
    source_row,
    subscription_item_id as row_key,
    rule,
    'rejected' as disposition,
    1 as row_count,
    loaded_at
from items
