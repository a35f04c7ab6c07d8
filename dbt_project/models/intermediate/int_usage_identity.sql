{#- The table remembers what it was last built with, so it reads itself, also when rebuilt. -#}
{%- set has_memory = execute and load_relation(this) is not none -%}
with accounts as (
    select account_id, {{ day_of('created_at') }} as created_on from {{ ref('int_accounts') }}
),

workspaces as (
    select source_system, workspace_id, {{ day_of('created_at') }} as created_on
    from {{ ref('stg_product__workspaces') }}
    where reject_reason is null
),

current_keys as (
    select
        identity_links.source_system,
        identity_links.source_key as account_key,
        identity_links.account_id,
        identity_links.customer_id,
        coalesce(workspaces.created_on, accounts.created_on) as exists_from
    from {{ ref('int_account_identity') }} as identity_links
    left join accounts on identity_links.account_id = accounts.account_id
    left join workspaces
        on identity_links.source_system = workspaces.source_system
        and identity_links.source_key = workspaces.workspace_id
    where identity_links.linked_system = 'product'
),

remembered as (
    {% if has_memory -%}
    select
        source_system, account_key, built_account_id, built_customer_id, built_exists_from, is_built
    from {{ this }}
    {%- else -%}
    select
        source_system, account_key, account_id as built_account_id,
        customer_id as built_customer_id, exists_from as built_exists_from, false as is_built
    from current_keys
    where 1 = 0
    {%- endif %}
),

-- a key that vanished stays, without an account: its days must be rewritten too
all_keys as (
    select source_system, account_key from current_keys
    union
    select source_system, account_key from remembered where is_built
),

joined as (
    select
        all_keys.source_system,
        all_keys.account_key,
        current_keys.account_id,
        current_keys.customer_id,
        current_keys.exists_from,
        remembered.built_account_id,
        remembered.built_customer_id,
        remembered.built_exists_from,
        coalesce(remembered.is_built, false) as is_built
    from all_keys
    left join current_keys
        on all_keys.source_system = current_keys.source_system
        and all_keys.account_key = current_keys.account_key
    left join remembered
        on all_keys.source_system = remembered.source_system
        and all_keys.account_key = remembered.account_key
)

select
    *,
    -- a key that was never built has no days outside the range that is built now
    is_built and (
        coalesce(account_id, '') <> coalesce(built_account_id, '')
        or coalesce(customer_id, '') <> coalesce(built_customer_id, '')
        or coalesce(exists_from, cast('0100-01-01' as date))
            <> coalesce(built_exists_from, cast('0100-01-01' as date))
    ) as is_changed
from joined
