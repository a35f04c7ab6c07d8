with identity_links as (
    select source_system, source_key, account_id
    from {{ ref('int_account_identity') }}
    where linked_system = 'product' and account_id is not null
),

linked as (
    select distinct account_id from identity_links
),

active as (
    select account_id, active_user_count
    from {{ ref('int_usage_account_months') }}
    where scope = 'portfolio' and measured_on = {{ as_of_date() }}
),

features as (
    select account_id, count(distinct feature) as feature_count
    from {{ ref('int_account_feature_use') }}
    group by account_id
),

-- an account that could be seen and was not has nobody active: zero, not unknown
usage as (
    select
        linked.account_id,
        coalesce(active.active_user_count, 0) as active_users_28d,
        coalesce(features.feature_count, 0) as features_used_28d
    from linked
    left join active on linked.account_id = active.account_id
    left join features on linked.account_id = features.account_id
),

seats as (
    select identity_links.account_id, sum(workspaces.seats) as seats
    from identity_links
    inner join {{ ref('stg_product__workspaces') }} as workspaces
        on identity_links.source_system = workspaces.source_system
        and identity_links.source_key = workspaces.workspace_id
    where workspaces.reject_reason is null
    group by identity_links.account_id
)

select
    account_id, 'active_users_28d' as attribute,
    cast(active_users_28d as double precision) as value_number
from usage
union all
select account_id, 'features_used_28d', cast(features_used_28d as double precision)
from usage
union all
select account_id, 'seats', cast(seats as double precision)
from seats
where seats is not null
