with points as (
    select * from {{ ref('int_icp_points') }}
),

tiers as (
    select * from {{ ref('int_icp_tiers') }}
),

disqualifications as (
    select * from {{ ref('int_icp_disqualifications') }}
),

versions as (
    select icp_id, icp_version, scope, product_id, max_points, match_points
    from {{ source('icp_registry', 'icp_versions') }}
    where is_current
),

judged as (
    select
        points.*,
        tiers.raw_tier,
        tiers.tier,
        tiers.is_disqualified,
        tiers.completeness,
        disqualifications.disqualifier_codes,
        disqualifications.labels as disqualifier_labels,
        versions.scope,
        versions.product_id,
        coalesce(versions.max_points, points.points_possible) as max_points,
        -- unknown stays unknown unless the known criteria decide already
        case
            when tiers.is_disqualified or points.required_unmet_count > 0 then false
            when points.points + points.points_possible - points.points_known
                < coalesce(versions.match_points, 0) then false
            when points.required_unknown_count = 0
                and points.points >= coalesce(versions.match_points, 0) then true
        end as is_icp
    from points
    inner join tiers
        on points.account_id = tiers.account_id
        and points.icp_id = tiers.icp_id
        and points.icp_version = tiers.icp_version
    inner join versions
        on points.icp_id = versions.icp_id and points.icp_version = versions.icp_version
    left join disqualifications
        on points.account_id = disqualifications.account_id
        and points.icp_id = disqualifications.icp_id
        and points.icp_version = disqualifications.icp_version
)

select
    account_id,
    icp_id,
    icp_version,
    scope,
    product_id,
    {{ known_at() }} as scored_at,
    points,
    max_points,
    100 * points / nullif(max_points, 0) as fit,
    -- learned models write these; until then they are unknown, not zero
    cast(null as double precision) as p_win,
    cast(null as double precision) as expected_value,
    cast(null as double precision) as intent,
    raw_tier,
    tier,
    is_icp,
    is_disqualified,
    disqualifier_codes,
    completeness,
    {{ text_list(
        ["'disqualified: ' || disqualifier_labels", 'reasons_for', 'reasons_against'], '; '
    ) }} as reasons,
    'no value known of ' || unknown_criteria as reason_missing,
    {{ as_of_date() }} as data_as_of
from judged
