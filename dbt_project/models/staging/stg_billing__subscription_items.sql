with current_rows as (
    select * from {{ source('raw_billing', 'subscription_items') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('subscription_item_id') }} as subscription_item_id,
        {{ clean_text('subscription_id') }} as subscription_id,
        {{ clean_text('product_id') }} as product_id,
        -- attributes
        {{ clean_code('currency') }} as currency,
        {{ clean_category('billing_interval') }} as billing_interval,
        is_recurring,
        is_usage_based,
        is_committed,
        -- numbers
        quantity,
        unit_amount,
        discount_percent,
        discount_amount,
        interval_count,
        -- dates
        valid_from,
        valid_to,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['subscription_item_id', 'subscription_id', 'unit_amount', 'valid_from'])
        + deleted_rule()
        + duplicate_rule(['subscription_item_id'])
        + negative_rules(['unit_amount', 'quantity', 'discount_amount'])
        + [(
            'discount_percent < 0 or discount_percent > 100',
            'discount_percent is outside 0 to 100'
        )]
        + order_rule('valid_from', 'valid_to')
    ) }} as reject_reason
from cleaned
