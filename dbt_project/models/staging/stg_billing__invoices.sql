with current_rows as (
    select * from {{ source('raw_billing', 'invoices') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('invoice_id') }} as invoice_id,
        {{ clean_text('billing_customer_id') }} as billing_customer_id,
        {{ clean_text('subscription_id') }} as subscription_id,
        -- attributes
        {{ clean_code('currency') }} as currency,
        {{ clean_category('status') }} as status,
        -- numbers
        amount,
        -- dates
        issued_on,
        paid_on,
        period_start,
        period_end,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['invoice_id', 'billing_customer_id', 'amount', 'issued_on'])
        + deleted_rule()
        + duplicate_rule(['invoice_id'])
        + negative_rules(['amount'])
        + order_rule('issued_on', 'paid_on')
    ) }} as reject_reason
from cleaned
