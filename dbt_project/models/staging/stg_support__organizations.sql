with current_rows as (
    select * from {{ source('raw_support', 'organizations') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('organization_id') }} as organization_id,
        {{ clean_text('crm_account_id') }} as crm_account_id,
        -- attributes
        {{ clean_text('name') }} as name,
        {{ clean_domain('domain') }} as domain,
        -- dates
        updated_at,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['organization_id'])
        + deleted_rule()
        + duplicate_rule(['organization_id'], 'updated_at')
    ) }} as reject_reason
from cleaned
