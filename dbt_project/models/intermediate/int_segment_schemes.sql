with schemes as (
    select segment_scheme from {{ source('icp_registry', 'segment_schemes') }}
)

select segment_scheme from schemes
union
select 'all' as segment_scheme
