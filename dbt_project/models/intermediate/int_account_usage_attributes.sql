with identity_links as (
    select source_system, source_key, account_id
    from {{ ref('int_account_identity') }}
    where linked_system = 'product' and account_id is not null
),

-- 28 days up to the as-of date: the cost does not grow with history
recent as (
    select source_system, account_key, user_id, feature
    from {{ ref('int_usage_user_days') }}
    where usage_date between {{ add_days(as_of_date(), -27) }} and {{ as_of_date() }}
),

usage as (
    select
        identity_links.account_id,
        count(distinct recent.user_id) as active_users_28d,
        count(distinct recent.feature) as features_used_28d
    from identity_links
    left join recent
        on identity_links.source_system = recent.source_system
        and identity_links.source_key = recent.account_key
    group by identity_links.account_id
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
