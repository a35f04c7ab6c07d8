{%- set day_of_event = day_of('occurred_at') -%}
-- read in place, tens of millions of rows: no text functions here; duplicates are found per day
select
    -- ids
    event_id,
    account_key,
    user_id,
    product_id,
    -- attributes
    event_name,
    feature,
    -- numbers
    coalesce(event_count, 1) as event_count,
    -- dates
    occurred_at,
    received_at,
    -- origin
    dt,
    _source as source_system,
    _file as source_file,
    cast(null as bigint) as source_row,
    received_at as loaded_at,
    coalesce(is_deleted, false) as is_deleted,
    -- lateness is judged against the day of receipt, not the clock: a backfill judges alike
    {{ reject_reason(
        missing_rules(['event_id', 'account_key', 'event_name', 'occurred_at'])
        + deleted_rule()
        + negative_rules(['event_count'])
        + [
            (day_of_event ~ ' > ' ~ add_days('dt', 1), 'occurred_at is in the future'),
            (day_of_event ~ ' < ' ~ add_days('dt', -1 * late_window_days()),
                'received after the late-arrival window'),
        ]
    ) }} as reject_reason
from {{ source('raw_product', 'events') }}
