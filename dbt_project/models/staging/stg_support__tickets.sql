with current_rows as (
    select * from {{ source('raw_support', 'tickets') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('ticket_id') }} as ticket_id,
        {{ clean_text('organization_id') }} as organization_id,
        {{ clean_text('product_id') }} as product_id,
        {{ clean_text('merged_into_id') }} as merged_into_id,
        -- attributes
        {{ clean_category('requester_email') }} as requester_email,
        {{ clean_text('subject') }} as subject,
        {{ clean_category('status') }} as status,
        {{ clean_category('priority') }} as priority,
        {{ clean_category('channel') }} as channel,
        {{ clean_category('category') }} as category,
        -- numbers
        satisfaction_score,
        handle_minutes,
        -- dates
        created_at,
        first_reply_at,
        solved_at,
        updated_at,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['ticket_id', 'organization_id', 'created_at'])
        + deleted_rule()
        + duplicate_rule(['ticket_id'], 'updated_at')
        + future_rules(['created_at'])
        + order_rule('created_at', 'first_reply_at')
        + order_rule('created_at', 'solved_at')
    ) }} as reject_reason
from cleaned
