with current_rows as (
    select * from {{ source('raw_support', 'ticket_comments') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('comment_id') }} as comment_id,
        {{ clean_text('ticket_id') }} as ticket_id,
        -- attributes
        {{ clean_category('author_role_at_time') }} as author_role_at_time,
        is_public,
        is_bot,
        -- dates
        created_at,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['comment_id', 'ticket_id', 'created_at'])
        + deleted_rule()
        + duplicate_rule(['comment_id'])
        + future_rules(['created_at'])
    ) }} as reject_reason
from cleaned
