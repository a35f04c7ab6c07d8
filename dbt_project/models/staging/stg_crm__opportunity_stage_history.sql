with current_rows as (
    select * from {{ source('raw_crm', 'opportunity_stage_history') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('opportunity_id') }} as opportunity_id,
        -- attributes
        {{ clean_category('stage') }} as stage,
        -- numbers
        amount,
        -- dates
        entered_at,
        close_date_forecast,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['opportunity_id', 'stage', 'entered_at'])
        + deleted_rule()
        + duplicate_rule(['opportunity_id', 'stage', 'entered_at'])
        + future_rules(['entered_at'])
    ) }} as reject_reason
from cleaned
