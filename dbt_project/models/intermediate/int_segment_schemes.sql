with schemes as (
    select segment_scheme, first_scheme, second_scheme
    from {{ source('icp_registry', 'segment_schemes') }}
),

undated as (
    select distinct segment_scheme
    from {{ source('icp_registry', 'segment_rules') }}
    where attribute in ('{{ undated_attributes() | join("', '") }}')
),

dated as (
    select schemes.segment_scheme
    from schemes
    left join undated
        on undated.segment_scheme
            in (schemes.segment_scheme, schemes.first_scheme, schemes.second_scheme)
    where undated.segment_scheme is null
)

select segment_scheme from dated
union
select 'all' as segment_scheme
