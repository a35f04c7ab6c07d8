{{ config(
    materialized='daily_range',
    range_column='usage_date',
    bounds_model='int_usage_user_days',
    bounds_column='usage_date',
    pre_hook="{{ forget_changed_keys() }}"
) }}
-- depends_on: {{ ref('int_usage_changed_accounts') }}
with usage_days as (
    select source_system, account_key, usage_date, record_count from {{ usage_days_to_build() }}
),

keys as (
    select source_system, account_key, exists_from from {{ ref('int_usage_identity') }}
)

select
    usage_days.source_system,
    usage_days.account_key,
    usage_days.usage_date,
    cast(sum(usage_days.record_count) as bigint) as event_count
from usage_days
inner join keys
    on usage_days.source_system = keys.source_system
    and usage_days.account_key = keys.account_key
where usage_days.usage_date < keys.exists_from
group by usage_days.source_system, usage_days.account_key, usage_days.usage_date
