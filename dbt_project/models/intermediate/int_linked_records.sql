with workspaces as (
    select source_system, workspace_id, crm_account_id, domain
    from {{ ref('stg_product__workspaces') }}
    where reject_reason is null
),

usage_keys as (
    select source_system, account_key from {{ ref('int_usage_account_keys') }}
),

records as (
    select
        'product' as linked_system, source_system, workspace_id as source_key,
        crm_account_id, domain, true as is_declared
    from workspaces
    union all
    select 'product', usage_keys.source_system, usage_keys.account_key, null, null, true
    from usage_keys
    left join workspaces
        on usage_keys.source_system = workspaces.source_system
        and usage_keys.account_key = workspaces.workspace_id
    where workspaces.workspace_id is null
    union all
    select 'support', source_system, organization_id, crm_account_id, domain, true
    from {{ ref('stg_support__organizations') }}
    where reject_reason is null
    union all
    select 'support', source_system, organization_id, null, null, false
    from {{ ref('stg_support__tickets') }}
    where reject_reason is null
    union all
    select 'billing', source_system, billing_customer_id, crm_account_id, domain, true
    from {{ ref('stg_billing__customers') }}
    where reject_reason is null
    union all
    select 'billing', source_system, billing_customer_id, null, null, false
    from {{ ref('stg_billing__subscriptions') }}
    where reject_reason is null
    union all
    select 'feedback', source_system, crm_account_id, crm_account_id, null, true
    from {{ ref('stg_feedback__survey_responses') }}
    where reject_reason is null
    union all
    select 'external', source_system, coalesce(crm_account_id, domain), crm_account_id, domain, true
    from {{ ref('stg_external__signals') }}
    where reject_reason is null
    union all
    select 'external', source_system, coalesce(crm_account_id, domain), crm_account_id, domain, true
    from {{ ref('stg_external__technologies') }}
    where reject_reason is null
)

select
    linked_system,
    source_system,
    source_key,
    max(crm_account_id) as crm_account_id,
    max(domain) as domain,
    -- a key that only other records mention, and that has no record of its own
    max(case when is_declared then 1 else 0 end) = 1 as is_declared
from records
where source_key is not null
group by linked_system, source_system, source_key
