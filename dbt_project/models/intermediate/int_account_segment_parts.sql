with candidates as (
    select
        *,
        -- an `or` in a left join's condition keeps engines from hashing it
        coalesce(valid_to, cast('9999-12-31' as date)) as valid_until
    from {{ ref('int_segment_candidates') }}
),

schemes as (
    select segment_scheme
    from {{ source('icp_registry', 'segment_schemes') }}
    where first_scheme is null
),

breakpoints as (
    select accounts.account_id, schemes.segment_scheme, cast('1900-01-01' as date) as starts_on
    from {{ ref('int_accounts') }} as accounts
    cross join schemes
    union
    select account_id, segment_scheme, valid_from from candidates
    union
    select account_id, segment_scheme, valid_to from candidates where valid_to is not null
),

parts as (
    select
        account_id,
        segment_scheme,
        starts_on as valid_from,
        lead(starts_on) over (
            partition by account_id, segment_scheme order by starts_on
        ) as valid_to
    from breakpoints
),

-- several values may hold at once (technologies): the first segment listed counts
ranked as (
    select
        parts.account_id,
        parts.segment_scheme,
        coalesce(candidates.segment, 'unknown') as segment,
        parts.valid_from,
        parts.valid_to,
        row_number() over (
            partition by parts.account_id, parts.segment_scheme, parts.valid_from
            order by candidates.sort_order, candidates.segment
        ) as position
    from parts
    left join candidates
        on parts.account_id = candidates.account_id
        and parts.segment_scheme = candidates.segment_scheme
        and parts.valid_from >= candidates.valid_from
        and parts.valid_from < candidates.valid_until
)

select account_id, segment_scheme, segment, valid_from, valid_to
from ranked
where position = 1
