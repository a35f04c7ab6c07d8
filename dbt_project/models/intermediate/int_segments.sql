with schemes as (
    select segment_scheme, scheme_kind, description, first_scheme, second_scheme
    from {{ source('icp_registry', 'segment_schemes') }}
),

rules as (
    select
        segment_scheme,
        segment,
        max(coalesce(segment_label, segment)) as segment_label,
        {{ join_texts(rule_text('attribute', 'operator', 'value_text', 'value_low', 'value_high'),
            order_by='value_text') }} as definition,
        min(sort_order) as sort_order
    from {{ source('icp_registry', 'segment_rules') }}
    group by segment_scheme, segment
),

listed as (
    select segment_scheme, segment, segment_label, definition, sort_order from rules
    union all
    select
        segment_scheme, 'other', 'Other', 'known, and in no segment that is listed', 1000000
    from schemes
    where first_scheme is null
        -- a scheme that names its own rest leaves nothing over
        and segment_scheme not in (
            select segment_scheme from {{ source('icp_registry', 'segment_rules') }}
            where operator = 'otherwise'
        )
),

crossed as (
    select
        schemes.segment_scheme,
        {{ crossed_segment('first_listed.segment', 'second_listed.segment') }} as segment,
        first_listed.segment_label || ' x ' || second_listed.segment_label as segment_label,
        first_listed.definition || ' and ' || second_listed.definition as definition,
        cast(row_number() over (
            partition by schemes.segment_scheme
            order by first_listed.sort_order, second_listed.sort_order, first_listed.segment,
                second_listed.segment
        ) as integer) as sort_order
    from schemes
    inner join listed as first_listed on schemes.first_scheme = first_listed.segment_scheme
    inner join listed as second_listed on schemes.second_scheme = second_listed.segment_scheme
),

segments as (
    select segment_scheme, segment, segment_label, definition, sort_order from listed
    union all
    select segment_scheme, segment, segment_label, definition, sort_order from crossed
    union all
    select
        segment_scheme, 'unknown', 'Unknown', 'the attribute is not known', 2000000
    from schemes
)

select
    segments.segment_scheme,
    segments.segment,
    segments.segment_label,
    schemes.scheme_kind,
    segments.definition,
    cast(segments.sort_order as integer) as sort_order
from segments
inner join schemes on segments.segment_scheme = schemes.segment_scheme
union all
select 'all', 'all', 'All accounts', 'all', 'every account', 0
from (select 1 as one_row) as single
