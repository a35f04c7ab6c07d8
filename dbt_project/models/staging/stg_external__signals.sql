with current_rows as (
    select * from {{ source('raw_external', 'signals') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('signal_id') }} as signal_id,
        {{ clean_text('crm_account_id') }} as crm_account_id,
        -- attributes
        {{ clean_domain('domain') }} as domain,
        {{ clean_category('signal_type') }} as signal_type,
        {{ clean_text('value') }} as value,
        {{ clean_category('origin') }} as origin,
        -- numbers
        confidence,
        -- dates
        observed_at,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['signal_id', 'signal_type', 'observed_at'])
        + deleted_rule()
        + duplicate_rule(['signal_id'])
        + future_rules(['observed_at'])
    ) }} as reject_reason
from cleaned
