with changed as (
    select account_id, built_account_id from {{ ref('int_usage_identity') }} where is_changed
)

-- '' stands for usage that no account claims
select coalesce(account_id, '') as account_id from changed
union
select coalesce(built_account_id, '') as account_id from changed
