{%- set selling = "('people', 'commission', 'overhead')" -%}
with spend as (
    select period_month, source_system, campaign_id, category, product_id, spend
    from {{ ref('int_spend_months') }}
),

schemes as (
    select segment_scheme, segment from {{ source('icp_registry', 'segment_rules') }}
),

-- a campaign aimed at a segment that nobody defined is aimed at none
campaigns as (
    select
        campaigns.source_system,
        campaigns.campaign_id,
        min(schemes.segment_scheme) as tagged_scheme,
        min(schemes.segment) as tagged_segment
    from {{ ref('int_campaign_identity') }} as campaigns
    inner join schemes
        on campaigns.target_segment_scheme = schemes.segment_scheme
        and lower(campaigns.target_segment) = lower(schemes.segment)
    group by campaigns.source_system, campaigns.campaign_id
),

totals as (
    select
        spend.period_month,
        coalesce(spend.product_id, '') as product_key,
        spend.category,
        case when spend.category in {{ selling }} then 1 else 0 end as is_selling,
        campaigns.tagged_scheme,
        campaigns.tagged_segment,
        sum(spend.spend) as spend
    from spend
    left join campaigns
        on spend.source_system = campaigns.source_system
        and spend.campaign_id = campaigns.campaign_id
    group by
        spend.period_month, coalesce(spend.product_id, ''), spend.category,
        campaigns.tagged_scheme, campaigns.tagged_segment
),

worked as (
    select
        scope,
        product_key,
        period_month,
        sum(case when segment = 'all' then deal_count else 0 end) as new_count,
        sum(case when segment in ('existing_customers', 'won_before') then deal_count else 0 end)
            as other_count,
        -- deals of type new, whoever the customer: a customer of one product is new to another, and
        -- only a count that is the same in both scopes shares to no more than the whole
        sum(case when segment in ('all', 'won_before') then deal_count else 0 end) as sought_count
    from {{ ref('int_worked_deals') }}
    where segment_scheme = 'all'
    group by scope, product_key, period_month
),

everything as (
    select period_month, new_count, other_count, sought_count from worked where scope = 'portfolio'
),

scoped as (
    select 'portfolio' as scope, '' as product_key, totals.period_month, totals.category,
        totals.is_selling, totals.tagged_scheme, totals.tagged_segment,
        cast(totals.spend as double precision) as spend,
        everything.new_count, everything.other_count
    from totals
    left join everything on totals.period_month = everything.period_month
    union all
    select 'product', totals.product_key, totals.period_month, totals.category,
        totals.is_selling, totals.tagged_scheme, totals.tagged_segment,
        cast(totals.spend as double precision), worked.new_count, worked.other_count
    from totals
    left join worked
        on totals.product_key = worked.product_key
        and totals.period_month = worked.period_month
    where totals.product_key <> ''
    union all
    -- spend on no product in particular: by deals worked, lost ones too, never by those won; what
    -- was spent on deals of no product is charged to no product
    select 'product', worked.product_key, totals.period_month, totals.category,
        totals.is_selling, totals.tagged_scheme, totals.tagged_segment,
        totals.spend * {{ spend_shared_by('worked') }}
            / cast(nullif({{ spend_shared_by('everything') }}, 0) as double precision),
        worked.new_count, worked.other_count
    from totals
    inner join everything on totals.period_month = everything.period_month
    inner join worked on totals.period_month = worked.period_month and worked.scope = 'product'
    where totals.product_key = ''
),

summed as (
    select scope, product_key, period_month, category, is_selling, tagged_scheme, tagged_segment,
        max(new_count) as new_count,
        max(other_count) as other_count,
        cast(sum(spend) as numeric(18, 2)) as spend
    from scoped
    where spend > 0
    group by
        scope, product_key, period_month, category, is_selling, tagged_scheme, tagged_segment
),

-- selling to customers that one already has is no cost of new ones: by the deals worked on each
split as (
    select
        *,
        {{ money('spend * is_selling * other_count'
            ~ ' / cast(nullif(new_count + other_count, 0) as double precision)') }} as other_spend
    from summed
)

select scope, product_key, period_month, category, 'new_customers' as purpose, tagged_scheme,
    tagged_segment, cast(spend - coalesce(other_spend, 0) as numeric(18, 2)) as spend
from split
union all
select scope, product_key, period_month, category, 'existing_customers', tagged_scheme,
    tagged_segment, other_spend
from split
where other_spend > 0
