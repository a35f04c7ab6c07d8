with current_rows as (
    select * from {{ source('raw_billing', 'subscriptions') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('subscription_id') }} as subscription_id,
        {{ clean_text('billing_customer_id') }} as billing_customer_id,
        {{ clean_text('product_id') }} as product_id,
        -- attributes
        {{ clean_category('plan') }} as plan,
        {{ subscription_status('status') }} as status,
        {{ clean_code('currency') }} as currency,
        is_trial,
        -- dates
        started_at,
        ended_at,
        cancel_scheduled_at,
        cancelled_at,
        trial_start,
        trial_end,
        updated_at,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['subscription_id', 'billing_customer_id', 'started_at'])
        + deleted_rule()
        + duplicate_rule(['subscription_id'], 'updated_at')
        + order_rule('started_at', 'ended_at')
        + order_rule('started_at', 'cancelled_at')
    ) }} as reject_reason
from cleaned
