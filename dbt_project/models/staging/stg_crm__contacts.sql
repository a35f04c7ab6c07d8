with current_rows as (
    select * from {{ source('raw_crm', 'contacts') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('contact_id') }} as contact_id,
        {{ clean_text('account_id') }} as account_id,
        {{ clean_text('merged_into_id') }} as merged_into_id,
        -- attributes
        {{ clean_text('full_name') }} as full_name,
        {{ clean_category('email') }} as email,
        {{ clean_text('title') }} as title,
        {{ clean_category('seniority') }} as seniority,
        {{ clean_category('function') }} as function,
        {{ clean_category('buying_role') }} as buying_role,
        -- dates
        created_at,
        updated_at,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['contact_id'])
        + deleted_rule()
        + duplicate_rule(['contact_id'], 'updated_at')
        + future_rules(['created_at'])
    ) }} as reject_reason
from cleaned
