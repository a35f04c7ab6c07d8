with current_rows as (
    select * from {{ source('raw_marketing', 'campaigns') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('campaign_id') }} as campaign_id,
        -- attributes
        {{ clean_text('name') }} as name,
        {{ clean_category('channel') }} as channel,
        {{ clean_category('campaign_type') }} as campaign_type,
        {{ clean_code('currency') }} as currency,
        {{ clean_text('target_segment_scheme') }} as target_segment_scheme,
        {{ clean_text('target_segment') }} as target_segment,
        -- numbers
        budgeted_cost,
        actual_cost,
        -- dates
        starts_on,
        ends_on,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['campaign_id'])
        + deleted_rule()
        + duplicate_rule(['campaign_id'])
        + order_rule('starts_on', 'ends_on')
        + negative_rules(['budgeted_cost', 'actual_cost'])
    ) }} as reject_reason
from cleaned
