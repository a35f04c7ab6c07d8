with current_rows as (
    select * from {{ source('raw_billing', 'customers') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('billing_customer_id') }} as billing_customer_id,
        {{ clean_text('crm_account_id') }} as crm_account_id,
        -- attributes
        {{ clean_text('name') }} as name,
        {{ clean_domain('domain') }} as domain,
        {{ clean_code('currency') }} as currency,
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
        missing_rules(['billing_customer_id'])
        + deleted_rule()
        + duplicate_rule(['billing_customer_id'], 'updated_at')
        + future_rules(['created_at'])
    ) }} as reject_reason
from cleaned
