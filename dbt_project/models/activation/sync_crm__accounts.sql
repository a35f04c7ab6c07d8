with accounts as (
    select account_id, crm_record_id, source_system from {{ ref('dim_accounts') }}
    where crm_record_id is not null
),

scores as (
    select
        *,
        row_number() over (
            partition by account_id
            order by {{ tier_standing('tier') }}, fit desc, product_id
        ) as position
    from {{ ref('product_icp_scores') }}
),

-- what the CRM holds now, unchanged, so that a reader can tell what a sync would alter
mirror as (
    select * from {{ ref('stg_crm__accounts') }}
    where reject_reason is null and merged_into_id is null
)

select
    accounts.crm_record_id,
    accounts.source_system,
    -- unknown is not a number: points of the few known criteria would read as a poor fit
    case when scores.tier <> 'U' then cast({{ rounded('scores.fit', 1) }} as double precision) end
        as icp_score,
    scores.tier as icp_tier,
    scores.product_id as icp_product,
    scores.reasons as icp_reasons,
    scores.icp_version,
    scores.scored_at,
    mirror.icp_score as crm_icp_score,
    mirror.icp_tier as crm_icp_tier,
    mirror.icp_product as crm_icp_product,
    mirror.icp_reasons as crm_icp_reasons,
    mirror.icp_version as crm_icp_version,
    mirror.account_id is not null as crm_is_known
from accounts
left join scores
    on accounts.account_id = scores.account_id
    and scores.position = 1
left join mirror
    on accounts.crm_record_id = mirror.account_id
    and accounts.source_system = mirror.source_system
