{{ config(
    materialized='daily_range',
    range_column='measured_on',
    bounds_model='int_usage_user_days',
    bounds_column='usage_date',
    reach_days=usage_window_days(),
    pre_hook="{{ forget_usage_months() }}"
) }}
-- depends_on: {{ ref('int_usage_changed_accounts') }}
-- a full build runs month by month, and the last of them reads from where its window begins
with usage_days as (
    select source_system, account_key, user_id, product_id, usage_date
    {% if is_range_build() -%}
    from {{ usage_days_to_build(usage_months_start(), usage_months_end()) }}
    {%- else -%}
    from {{ usage_days_to_build(usage_start(1 - usage_window_days()), usage_end()) }}
    where usage_date >= {{ usage_start() }}
        or usage_date >= {{ add_days(as_of_date(), 1 - usage_window_days()) }}
    {%- endif %}
),

keys as (
    select source_system, account_key, account_id, customer_id, exists_from
    from {{ ref('int_usage_identity') }}
    where account_id is not null
),

months as (
    select
        period_month,
        measured_on,
        {{ add_days('measured_on', 1 - usage_window_days()) }} as first_day
    from {{ ref('int_months') }}
    {%- if not is_range_build() %}
    where measured_on between {{ usage_start() }} and {{ usage_end() }}
    {%- endif %}
),

-- by the months of their days: the window of the running month has days of two
windows as (
    select period_month, measured_on, first_day, period_month as day_month
    from months
    union all
    select period_month, measured_on, first_day, {{ add_months('period_month', -1) }}
    from months
    where first_day < period_month
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
        on {{ month_start('usage_days.usage_date') }} = windows.day_month
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
