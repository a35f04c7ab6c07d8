with current_rows as (
    select * from {{ source('raw_billing', 'subscription_status_history') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('subscription_id') }} as subscription_id,
        -- attributes
        {{ subscription_status('status') }} as status,
        -- dates
        valid_from,
        valid_to,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['subscription_id', 'status', 'valid_from'])
        + deleted_rule()
        + duplicate_rule(['subscription_id', 'valid_from'])
        + order_rule('valid_from', 'valid_to')
    ) }} as reject_reason
from cleaned
