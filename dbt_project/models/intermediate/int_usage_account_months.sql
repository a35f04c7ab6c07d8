{{ config(
    materialized='daily_range',
    range_column='measured_on',
    bounds_model='int_usage_user_days',
    bounds_column='usage_date',
    pre_hook="{{ forget_usage_months() }}"
) }}
-- depends_on: {{ ref('int_usage_changed_accounts') }}
with usage_days as (
    select source_system, account_key, user_id, product_id, usage_date
    from {{ usage_days_to_build(usage_months_start(), usage_months_end()) }}
),

keys as (
    select source_system, account_key, account_id, customer_id, exists_from
    from {{ ref('int_usage_identity') }}
    where account_id is not null
),

windows as (
    select
        period_month,
        measured_on,
        {{ add_days('measured_on', 1 - usage_window_days()) }} as first_day
    from {{ ref('int_months') }}
),

product_users as (
    select
        keys.account_id,
        keys.customer_id,
        usage_days.product_id,
        usage_days.source_system,
        usage_days.user_id,
        windows.period_month,
        windows.measured_on,
        {{ days_seen(days_between('windows.first_day', 'usage_days.usage_date')) }} as active_days
    from usage_days
    inner join keys
        on usage_days.source_system = keys.source_system
        and usage_days.account_key = keys.account_key
    inner join windows
        on {{ month_start('usage_days.usage_date') }} = windows.period_month
        and usage_days.usage_date >= windows.first_day
        and usage_days.usage_date <= windows.measured_on
    where keys.exists_from is null or usage_days.usage_date >= keys.exists_from
    group by
        keys.account_id, keys.customer_id, usage_days.product_id, usage_days.source_system,
        usage_days.user_id, windows.period_month, windows.measured_on
),

-- who uses two products on a day is one user on one day of the account
account_users as (
    select
        account_id, customer_id, source_system, user_id, period_month, measured_on,
        {{ days_seen_by('active_days') }} as active_days
    from product_users
    group by account_id, customer_id, source_system, user_id, period_month, measured_on
),

scoped as (
    select 'product' as scope, product_id, account_id, customer_id, user_id, period_month,
        measured_on, active_days
    from product_users
    union all
    select 'portfolio', cast(null as {{ dbt.type_string() }}), account_id, customer_id, user_id,
        period_month, measured_on, active_days
    from account_users
)

-- usage without a user (an interface, a job) makes an account active, and nobody
select
    scope,
    product_id,
    account_id,
    customer_id,
    period_month,
    measured_on,
    count(user_id) as active_user_count,
    cast(sum(case when user_id is not null then {{ day_count('active_days') }} else 0 end)
        as bigint) as user_day_count
from scoped
group by scope, product_id, account_id, customer_id, period_month, measured_on
