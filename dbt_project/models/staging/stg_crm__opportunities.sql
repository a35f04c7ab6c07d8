with current_rows as (
    select * from {{ source('raw_crm', 'opportunities') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('opportunity_id') }} as opportunity_id,
        {{ clean_text('account_id') }} as account_id,
        {{ clean_text('product_id') }} as product_id,
        {{ clean_text('campaign_id') }} as campaign_id,
        {{ person_key('owner_id') }} as owner_id,
        {{ clean_text('merged_into_id') }} as merged_into_id,
        -- attributes
        {{ clean_text('name') }} as name,
        {{ clean_category('opportunity_type') }} as opportunity_type,
        {{ clean_code('currency') }} as currency,
        {{ clean_category('stage') }} as stage,
        is_closed,
        is_won,
        {{ clean_category('loss_reason') }} as loss_reason,
        {{ clean_category('competitor') }} as competitor,
        {{ clean_category('lead_source') }} as lead_source,
        -- numbers
        amount,
        -- dates
        created_at,
        close_date,
        updated_at,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['opportunity_id', 'stage'])
        + deleted_rule()
        + duplicate_rule(['opportunity_id'], 'updated_at')
        + negative_rules(['amount'])
        + future_rules(['created_at'])
        + [('is_won and not is_closed', 'won but not closed')]
    ) }} as reject_reason
from cleaned
