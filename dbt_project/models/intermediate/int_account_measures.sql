with months as (
    select period_month, measured_on, {{ add_months('period_month', 1) }} as next_month
    from {{ ref('int_months') }}
),

accounts as (
    select source_key as account_id, customer_id
    from {{ ref('int_account_identity') }}
    where linked_system = 'crm' and source_key = account_id
),

billing as (
    select min(paid_from) as recorded_from from {{ ref('int_subscription_items') }}
),

tracking as (
    select min(first_usage_date) as recorded_from from {{ ref('int_usage_account_keys') }}
),

tracked_accounts as (
    select account_id, min(exists_from) as exists_from
    from {{ ref('int_usage_identity') }}
    where account_id is not null
    group by account_id
),

measured as (
    select accounts.account_id, 'current_mrr' as attribute, mrr.period_month,
        cast(mrr.mrr as double precision) as value_number
    from accounts
    inner join {{ ref('int_customer_mrr_months') }} as mrr on accounts.customer_id = mrr.customer_id
    union all
    select account_id, 'active_users_28d', period_month,
        cast(active_user_count as double precision)
    from {{ ref('int_usage_account_months') }}
    where scope = 'portfolio'
),

followed as (
    select
        measured.*,
        months.measured_on,
        months.next_month,
        lead(measured.period_month) over (
            partition by measured.account_id, measured.attribute order by measured.period_month
        ) as next_measured_month
    from measured
    inner join months on measured.period_month = months.period_month
),

-- before the first record of all nobody can tell "nothing" from "not recorded"
valued as (
    select accounts.account_id, 'current_mrr' as attribute, billing.recorded_from as measured_on,
        cast(0 as double precision) as value_number
    from accounts
    cross join billing
    union all
    select tracked_accounts.account_id, 'active_users_28d',
        greatest(
            tracking.recorded_from, coalesce(tracked_accounts.exists_from, tracking.recorded_from)
        ),
        0
    from tracked_accounts
    cross join tracking
    where tracking.recorded_from is not null
    union all
    select account_id, attribute, measured_on, value_number from followed
    union all
    -- a month without a row is a month with nothing: zero from its end on
    select followed.account_id, followed.attribute, months.measured_on, 0
    from followed
    inner join months on followed.next_month = months.period_month
    where followed.next_measured_month is null
        or followed.next_measured_month > followed.next_month
)

select account_id, attribute, measured_on, max(value_number) as value_number
from valued
where measured_on <= {{ as_of_date() }}
group by account_id, attribute, measured_on
