with terms as (
    select * from {{ ref('int_subscription_terms') }}
),

items as (
    select * from {{ ref('int_subscription_item_checks') }} where rule is not null
),

history as (
    select * from {{ ref('stg_billing__subscription_status_history') }}
    where reject_reason is null and status = 'unknown'
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
where rule is not null
union all
-- judged by its dates alone
select
    source_system,
    'billing.subscriptions' as entity,
    source_file,
    source_row,
    subscription_id as row_key,
    'subscription status is not known' as rule,
    'field_cleared' as disposition,
    1 as row_count,
    loaded_at
from terms
where rule is null and status = 'unknown'
union all
select
    source_system,
    'billing.subscription_status_history' as entity,
    source_file,
    source_row,
    subscription_id || '|' || cast(valid_from as {{ dbt.type_string() }}) as row_key,
    'subscription status is not known' as rule,
    'field_cleared' as disposition,
    1 as row_count,
    loaded_at
from history
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
