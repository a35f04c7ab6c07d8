with current_rows as (
    select * from {{ source('raw_identity', 'account_links') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('linked_key') }} as linked_key,
        {{ clean_text('account_id') }} as account_id,
        -- attributes
        {{ clean_category('linked_system') }} as linked_system,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['linked_system', 'linked_key', 'account_id'])
        + deleted_rule()
        + duplicate_rule(['linked_system', 'linked_key'])
    ) }} as reject_reason
from cleaned
