with active_versions as (
    select icp_id, icp_version from {{ source('icp_registry', 'icp_versions') }}
    where is_current and icp_status <> 'retired' and scope = 'product'
),

scores as (
    select * from {{ ref('icp_scores') }} where product_id is not null
),

ranked as (
    select
        scores.*,
        row_number() over (
            partition by scores.account_id, scores.product_id
            order by
                {{ tier_standing('scores.tier') }},
                scores.fit desc,
                scores.icp_id
        ) as position
    from scores
    inner join active_versions
        on scores.icp_id = active_versions.icp_id
        and scores.icp_version = active_versions.icp_version
)

select
    account_id,
    product_id,
    icp_id,
    icp_version,
    points,
    fit,
    raw_tier,
    tier,
    is_icp,
    is_disqualified,
    reasons,
    scored_at
from ranked
where position = 1
