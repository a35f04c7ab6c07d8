with segments as (
    select * from {{ ref('int_account_segments') }}
)

select
    account_id,
    segment_scheme,
    segment,
    valid_from,
    valid_to
from segments
order by account_id, segment_scheme, valid_from
