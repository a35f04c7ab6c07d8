with segments as (
    select * from {{ ref('int_segments') }}
)

select
    segment_scheme,
    segment,
    segment_label,
    scheme_kind,
    definition,
    sort_order
from segments
