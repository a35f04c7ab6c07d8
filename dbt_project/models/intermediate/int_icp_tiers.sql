with points as (
    select account_id, icp_id, icp_version, points, points_known, points_possible,
        required_unmet_count
    from {{ ref('int_icp_points') }}
),

cutoffs as (
    select * from {{ ref('int_icp_tier_cutoffs') }}
),

versions as (
    select icp_id, icp_version, min_completeness
    from {{ source('icp_registry', 'icp_versions') }}
    where is_current
),

disqualifications as (
    select account_id, icp_id, icp_version from {{ ref('int_icp_disqualifications') }}
),

stored_tiers as (
    select account_id, icp_id, icp_version, tier,
        row_number() over (
            partition by account_id, icp_id, icp_version order by stored_at desc
        ) as position
    from {{ source('icp_registry', 'previous_tiers') }}
    where tier in ('A', 'B', 'C', 'D')
),

placed as (
    select
        points.account_id,
        points.icp_id,
        points.icp_version,
        points.points,
        points.required_unmet_count,
        case
            when points.points_possible > 0 then points.points_known / points.points_possible
            else 0
        end as completeness,
        versions.min_completeness,
        disqualifications.account_id is not null as is_disqualified,
        {{ tier_of('points.points') }} as points_tier,
        -- what a rise may reach: the cut-off must be crossed by the margin
        {{ tier_of('points.points - cutoffs.tier_margin') }} as risen_tier,
        -- what a fall may reach: likewise
        {{ tier_of('points.points + cutoffs.tier_margin') }} as fallen_tier,
        stored_tiers.tier as previous_tier
    from points
    inner join cutoffs
        on points.icp_id = cutoffs.icp_id and points.icp_version = cutoffs.icp_version
    inner join versions
        on points.icp_id = versions.icp_id and points.icp_version = versions.icp_version
    left join disqualifications
        on points.account_id = disqualifications.account_id
        and points.icp_id = disqualifications.icp_id
        and points.icp_version = disqualifications.icp_version
    left join stored_tiers
        on points.account_id = stored_tiers.account_id
        and points.icp_id = stored_tiers.icp_id
        and points.icp_version = stored_tiers.icp_version
        and stored_tiers.position = 1
),

gated as (
    select
        *,
        case
            when is_disqualified then 'X'
            when completeness < coalesce(min_completeness, 0) then 'U'
            else {{ capped_tier('points_tier') }}
        end as raw_tier,
        -- tiers sort by letter: 'A' is the least and the best
        case
            when points_tier < previous_tier then least(risen_tier, previous_tier)
            when points_tier > previous_tier then greatest(fallen_tier, previous_tier)
            else points_tier
        end as remembered_tier
    from placed
)

select
    account_id,
    icp_id,
    icp_version,
    is_disqualified,
    completeness,
    raw_tier,
    case
        when raw_tier in ('X', 'U') then raw_tier
        else {{ capped_tier('remembered_tier') }}
    end as tier
from gated
