with pools as (
    select * from {{ ref('int_spend_pools') }}
),

schemes as (
    select segment_scheme from {{ ref('int_segment_schemes') }}
),

-- the share of a segment is the step between two points of a running count: rounded at the
-- points, the steps add up to the cent
ranges as (
    select
        scope, product_key, segment_scheme, segment, period_month,
        deal_count,
        sum(deal_count) over (
            partition by scope, product_key, segment_scheme, period_month
            order by segment rows unbounded preceding
        ) as last_deal,
        cast(sum(deal_count) over (
            partition by scope, product_key, segment_scheme, period_month
        ) as double precision) as all_deals
    from {{ ref('int_worked_deals') }}
),

-- per scheme, each amount is either aimed at a segment or shared out: sums never multiply
charged as (
    select
        pools.*,
        schemes.segment_scheme,
        case
            when pools.purpose = 'existing_customers' then 'existing_customers'
            when schemes.segment_scheme = 'all' then 'all'
            when pools.tagged_scheme = schemes.segment_scheme then pools.tagged_segment
        end as charged_segment
    from pools
    cross join schemes
),

allocated as (
    select
        scope, product_key, segment_scheme, charged_segment as segment, period_month, category,
        case charged_segment
            when 'existing_customers' then 'effort' when 'all' then 'whole' else 'tag'
        end as basis,
        spend
    from charged
    where charged_segment is not null
    union all
    select
        charged.scope, charged.product_key, charged.segment_scheme,
        coalesce(ranges.segment, 'unallocated') as segment,
        charged.period_month, charged.category,
        case when ranges.segment is null then 'none' else 'deals' end as basis,
        case
            when ranges.segment is null then charged.spend
            else
                {{ money('cast(charged.spend * ranges.last_deal as double precision)'
                    ~ ' / ranges.all_deals') }}
                - {{ money('cast(charged.spend * (ranges.last_deal - ranges.deal_count)'
                    ~ ' as double precision) / ranges.all_deals') }}
        end as spend
    from charged
    left join ranges
        on charged.scope = ranges.scope
        and charged.product_key = ranges.product_key
        and charged.segment_scheme = ranges.segment_scheme
        and charged.period_month = ranges.period_month
    where charged.charged_segment is null
)

select
    scope, product_key, segment_scheme, segment, period_month, category, basis,
    cast(sum(spend) as numeric(18, 2)) as spend
from allocated
group by scope, product_key, segment_scheme, segment, period_month, category, basis
