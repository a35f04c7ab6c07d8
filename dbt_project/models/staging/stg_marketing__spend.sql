with current_rows as (
    select * from {{ source('raw_marketing', 'spend') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('campaign_id') }} as campaign_id,
        {{ clean_text('product_id') }} as product_id,
        -- attributes
        {{ clean_category('channel') }} as channel,
        {{ clean_category('category') }} as category,
        {{ clean_code('currency') }} as currency,
        -- numbers
        amount,
        -- dates
        spend_date,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['spend_date', 'channel', 'category', 'amount'])
        + deleted_rule()
        + duplicate_rule(['spend_date', 'channel', 'campaign_id', 'category', 'product_id'])
        + negative_rules(['amount'])
        + future_rules(['spend_date'])
    ) }} as reject_reason
from cleaned
