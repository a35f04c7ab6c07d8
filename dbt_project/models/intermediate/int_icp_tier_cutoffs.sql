with versions as (
    select icp_id, icp_version, tier_margin from {{ source('icp_registry', 'icp_versions') }}
    where is_current
),

tiers as (
    select icp_id, icp_version, tier, min_points from {{ source('icp_registry', 'icp_tiers') }}
)

select
    versions.icp_id,
    versions.icp_version,
    coalesce(versions.tier_margin, 0) as tier_margin,
    max(case when tiers.tier = 'A' then tiers.min_points end) as min_a,
    max(case when tiers.tier = 'B' then tiers.min_points end) as min_b,
    max(case when tiers.tier = 'C' then tiers.min_points end) as min_c
from versions
left join tiers
    on versions.icp_id = tiers.icp_id
    and versions.icp_version = tiers.icp_version
group by versions.icp_id, versions.icp_version, versions.tier_margin
