with current_rows as (
    select * from {{ source('raw_crm', 'leads') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('lead_id') }} as lead_id,
        {{ clean_text('converted_account_id') }} as converted_account_id,
        {{ clean_text('converted_opportunity_id') }} as converted_opportunity_id,
        -- attributes
        {{ clean_category('email') }} as email,
        {{ clean_text('company') }} as company,
        {{ clean_category('source') }} as source,
        {{ clean_category('status') }} as status,
        -- dates
        created_at,
        mql_at,
        sql_at,
        converted_at,
        updated_at,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['lead_id'])
        + deleted_rule()
        + duplicate_rule(['lead_id'], 'updated_at')
        + future_rules(['created_at'])
    ) }} as reject_reason
from cleaned
