with current_rows as (
    select * from {{ source('raw_feedback', 'survey_responses') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('response_id') }} as response_id,
        {{ clean_text('crm_account_id') }} as crm_account_id,
        {{ clean_text('contact_id') }} as contact_id,
        {{ clean_text('product_id') }} as product_id,
        -- attributes
        {{ clean_category('survey_type') }} as survey_type,
        {{ clean_text('text') }} as text,
        -- numbers
        score,
        -- dates
        submitted_at,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['response_id', 'survey_type', 'submitted_at'])
        + deleted_rule()
        + duplicate_rule(['response_id'])
        + future_rules(['submitted_at'])
        + [("survey_type = 'nps' and (score < 0 or score > 10)", 'score is outside 0 to 10')]
    ) }} as reject_reason
from cleaned
