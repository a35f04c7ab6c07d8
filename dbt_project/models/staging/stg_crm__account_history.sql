with current_rows as (
    select * from {{ source('raw_crm', 'account_history') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('account_id') }} as account_id,
        -- attributes
        {{ clean_category('field') }} as field,
        case
            when {{ clean_category('field') }} = 'owner_id' then {{ person_key('value') }}
            else {{ clean_text('value') }}
        end as value,
        -- dates
        changed_at,
        known_at,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['account_id', 'field', 'changed_at'])
        + deleted_rule()
        + duplicate_rule(['account_id', 'field', 'changed_at'], 'known_at')
        + future_rules(['changed_at'])
    ) }} as reject_reason
from cleaned
