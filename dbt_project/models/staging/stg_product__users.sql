with current_rows as (
    select * from {{ source('raw_product', 'users') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('user_id') }} as user_id,
        {{ clean_text('workspace_id') }} as workspace_id,
        -- attributes
        {{ clean_category('email') }} as email,
        {{ clean_category('role') }} as role,
        is_internal,
        -- dates
        created_at,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['user_id'])
        + deleted_rule()
        + duplicate_rule(['user_id'])
        + future_rules(['created_at'])
    ) }} as reject_reason
from cleaned
