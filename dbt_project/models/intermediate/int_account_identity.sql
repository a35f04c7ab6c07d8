with records as (
    select * from {{ ref('int_linked_records') }}
),

accounts as (
    select survivors.source_system, survivors.account_id, survivors.surviving_account_id
    from {{ ref('int_account_survivors') }} as survivors
    inner join {{ ref('int_accounts') }} as accounts
        on survivors.surviving_account_id = accounts.account_id
),

links as (
    select linked_system, linked_key, min(account_id) as account_id
    from {{ ref('stg_identity__account_links') }}
    where reject_reason is null
    group by linked_system, linked_key
    -- two people who say different things have said nothing
    having min(account_id) = max(account_id)
),

domains as (
    select domain, account_id from {{ ref('int_account_domains') }} where account_id is not null
),

matched as (
    select
        records.linked_system,
        records.source_system,
        records.source_key,
        records.is_declared,
        coalesce(
            linked.surviving_account_id, stored.surviving_account_id,
            same_key.surviving_account_id, domains.account_id
        ) as account_id,
        case
            when linked.account_id is not null then 'explicit_link'
            when stored.account_id is not null then 'stored_crm_id'
            when same_key.account_id is not null then 'key_is_crm_id'
            when domains.account_id is not null then 'domain'
            else 'unmatched'
        end as match_method
    from records
    left join links
        on records.linked_system = links.linked_system
        and records.source_key = links.linked_key
    left join accounts as linked on links.account_id = linked.account_id
    left join accounts as stored on records.crm_account_id = stored.account_id
    left join accounts as same_key on records.source_key = same_key.account_id
    left join domains on records.domain = domains.domain
),

all_keys as (
    select linked_system, source_system, source_key, account_id, match_method
    from matched
    -- a mention of a record that nobody declared counts only where it leads to an account
    where is_declared or account_id is not null
    union all
    select
        'crm' as linked_system,
        source_system,
        account_id as source_key,
        surviving_account_id as account_id,
        case when account_id = surviving_account_id then 'same_record' else 'merged' end
            as match_method
    from accounts
)

select
    all_keys.linked_system,
    all_keys.source_system,
    all_keys.source_key,
    all_keys.account_id,
    case
        when company.customer_level = 'ultimate_parent' then hierarchy.ultimate_parent_id
        else all_keys.account_id
    end as customer_id,
    all_keys.match_method,
    cast(case all_keys.match_method
        when 'same_record' then 1.0
        when 'merged' then 1.0
        when 'explicit_link' then 1.0
        when 'stored_crm_id' then 0.95
        when 'key_is_crm_id' then 0.9
        when 'domain' then 0.7
        else 0.0
    end as double precision) as match_confidence
from all_keys
cross join {{ source('icp_registry', 'company') }} as company
left join {{ ref('int_account_hierarchy') }} as hierarchy
    on all_keys.account_id = hierarchy.account_id
