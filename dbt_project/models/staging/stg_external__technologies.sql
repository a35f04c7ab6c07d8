with current_rows as (
    select * from {{ source('raw_external', 'technologies') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('crm_account_id') }} as crm_account_id,
        -- attributes
        {{ clean_domain('domain') }} as domain,
        {{ clean_category('technology') }} as technology,
        {{ clean_category('role') }} as role,
        {{ clean_category('origin') }} as origin,
        -- dates
        first_seen_at,
        last_seen_at,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['technology'])
        + deleted_rule()
        + duplicate_rule(['crm_account_id', 'domain', 'technology'])
        + order_rule('first_seen_at', 'last_seen_at')
    ) }} as reject_reason
from cleaned
