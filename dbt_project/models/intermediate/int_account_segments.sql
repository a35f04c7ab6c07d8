with parts as (
    select * from {{ ref('int_account_segment_parts') }}
),

crossings as (
    select segment_scheme, first_scheme, second_scheme
    from {{ source('icp_registry', 'segment_schemes') }}
    where first_scheme is not null
),

crossed as (
    select
        first_parts.account_id,
        crossings.segment_scheme,
        {{ crossed_segment('first_parts.segment', 'second_parts.segment') }} as segment,
        greatest(first_parts.valid_from, second_parts.valid_from) as valid_from,
        -- null is open: engines differ in least() with nulls
        case
            when first_parts.valid_to is null then second_parts.valid_to
            when second_parts.valid_to is null then first_parts.valid_to
            else least(first_parts.valid_to, second_parts.valid_to)
        end as valid_to
    from crossings
    inner join parts as first_parts on crossings.first_scheme = first_parts.segment_scheme
    inner join parts as second_parts
        on crossings.second_scheme = second_parts.segment_scheme
        and first_parts.account_id = second_parts.account_id
        and (second_parts.valid_to is null or first_parts.valid_from < second_parts.valid_to)
        and (first_parts.valid_to is null or second_parts.valid_from < first_parts.valid_to)
),

all_parts as (
    select account_id, segment_scheme, segment, valid_from, valid_to from parts
    union all
    select account_id, segment_scheme, segment, valid_from, valid_to from crossed
),

compared as (
    select
        account_id,
        segment_scheme,
        segment,
        valid_from,
        lag(segment) over (
            partition by account_id, segment_scheme order by valid_from
        ) as previous_segment
    from all_parts
),

changes as (
    select account_id, segment_scheme, segment, valid_from
    from compared
    where previous_segment is null or previous_segment <> segment
)

select
    account_id,
    segment_scheme,
    segment,
    valid_from,
    lead(valid_from) over (partition by account_id, segment_scheme order by valid_from) as valid_to
from changes
