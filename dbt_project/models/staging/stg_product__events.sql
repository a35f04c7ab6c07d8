-- read in place, tens of millions of rows: no text functions here, duplicates are found per day later
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
    {{ reject_reason(
        missing_rules(['event_id', 'account_key', 'event_name', 'occurred_at', 'received_at'])
        + [('is_deleted', 'deleted at the source'), ('event_count < 0', 'event_count is negative')]
    ) }} as reject_reason
from {{ source('raw_product', 'events') }}
