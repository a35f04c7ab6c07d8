with current_rows as (
    select * from {{ source('raw_crm', 'opportunity_contact_roles') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('opportunity_id') }} as opportunity_id,
        {{ clean_text('contact_id') }} as contact_id,
        -- attributes
        {{ clean_category('role') }} as role,
        is_primary,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['opportunity_id', 'contact_id'])
        + deleted_rule()
        + duplicate_rule(['opportunity_id', 'contact_id'])
    ) }} as reject_reason
from cleaned
