-- a campaign id is a key inside one source: "123" of two ad systems are two campaigns
with campaigns as (
    select source_system, campaign_id, channel, target_segment_scheme, target_segment
    from {{ ref('stg_marketing__campaigns') }}
    where reject_reason is null
),

-- a source that lists campaigns gives the ids itself: one it does not list is nobody else's
listing as (
    select distinct source_system from {{ ref('stg_marketing__campaigns') }}
),

listed as (
    select campaign_id, count(*) as source_count, min(source_system) as first_source
    from campaigns
    group by campaign_id
),

named as (
    select source_system, campaign_id from {{ ref('stg_marketing__spend') }}
    where reject_reason is null and campaign_id is not null
    union
    select source_system, campaign_id from {{ ref('int_opportunities') }}
    where campaign_id is not null
),

meant as (
    select
        named.source_system,
        named.campaign_id,
        case
            when listing.source_system is not null then listing.source_system
            when listed.source_count = 1 then listed.first_source
        end as campaign_source,
        listing.source_system is null and coalesce(listed.source_count, 0) > 1 as is_ambiguous
    from named
    left join listing on named.source_system = listing.source_system
    left join listed on named.campaign_id = listed.campaign_id
)

select
    meant.source_system,
    meant.campaign_id,
    campaigns.source_system as campaign_source,
    campaigns.channel,
    campaigns.target_segment_scheme,
    campaigns.target_segment,
    meant.is_ambiguous
from meant
left join campaigns
    on meant.campaign_source = campaigns.source_system
    and meant.campaign_id = campaigns.campaign_id
