with current_rows as (
    select * from {{ source('raw_finance', 'fx_rates') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- attributes
        {{ clean_code('from_currency') }} as from_currency,
        {{ clean_code('to_currency') }} as to_currency,
        -- numbers
        rate,
        -- dates
        rate_date,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['rate_date', 'from_currency', 'to_currency', 'rate'])
        + deleted_rule()
        + duplicate_rule(['rate_date', 'from_currency', 'to_currency'])
        + [('rate <= 0', 'rate is not positive')]
    ) }} as reject_reason
from cleaned
