{{ config(
    materialized='daily_range',
    range_column='usage_date',
    bounds_model='int_usage_user_days',
    bounds_column='usage_date',
    pre_hook="{{ forget_changed_accounts() }}",
    post_hook="{{ remember_built_identity() }}"
) }}
-- depends_on: {{ ref('int_usage_changed_accounts') }}
-- depends_on: {{ ref('int_usage_account_months') }}
with usage_days as (
    select
        source_system, account_key, user_id, product_id, feature, usage_date,
        event_count, value_event_count, active_event_count
    from {{ usage_days_to_build() }}
),

keys as (
    select source_system, account_key, account_id, customer_id, exists_from
    from {{ ref('int_usage_identity') }}
)

select
    keys.account_id,
    keys.customer_id,
    usage_days.product_id,
    usage_days.usage_date,
    count(distinct usage_days.user_id) as active_user_count,
    cast(sum(usage_days.event_count) as bigint) as event_count,
    count(distinct usage_days.feature) as feature_count,
    cast(sum(usage_days.value_event_count) as bigint) as value_event_count,
    cast(sum(usage_days.active_event_count) as bigint) as active_event_count
from usage_days
inner join keys
    on usage_days.source_system = keys.source_system
    and usage_days.account_key = keys.account_key
where keys.exists_from is null or usage_days.usage_date >= keys.exists_from
group by keys.account_id, keys.customer_id, usage_days.product_id, usage_days.usage_date
order by usage_days.usage_date
