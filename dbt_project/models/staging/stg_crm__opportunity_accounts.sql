with current_rows as (
    select * from {{ source('raw_crm', 'opportunity_accounts') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('opportunity_id') }} as opportunity_id,
        {{ clean_text('account_id') }} as account_id,
        -- attributes
        is_primary,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['opportunity_id', 'account_id'])
        + deleted_rule()
        + duplicate_rule(['opportunity_id', 'account_id'])
    ) }} as reject_reason
from cleaned
