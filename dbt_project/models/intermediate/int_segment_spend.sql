with pools as (
    select * from {{ ref('int_spend_windows') }}
),

windows as (
    select period_month, window_month from {{ ref('int_kpi_windows') }}
),

schemes as (
    select segment_scheme from {{ ref('int_segment_schemes') }}
),

worked as (
    select
        deals.scope, coalesce(deals.product_id, '') as product_key, deals.segment_scheme,
        deals.segment, windows.period_month,
        count(*) as deal_count
    from {{ ref('int_deal_segments') }} as deals
    inner join windows on deals.created_month = windows.window_month
    group by
        deals.scope, coalesce(deals.product_id, ''), deals.segment_scheme, deals.segment,
        windows.period_month
),

shares as (
    select
        *,
        deal_count / cast(sum(deal_count) over (
            partition by scope, product_key, segment_scheme, period_month
        ) as double precision) as share
    from worked
),

-- per scheme, each amount is either aimed at a segment or shared out: sums never multiply
charged as (
    select
        pools.*,
        schemes.segment_scheme,
        case
            when schemes.segment_scheme = 'all' then 'all'
            when pools.tagged_scheme = schemes.segment_scheme then pools.tagged_segment
        end as charged_segment
    from pools
    cross join schemes
),

allocated as (
    select
        charged.scope,
        charged.product_id,
        charged.segment_scheme,
        coalesce(charged.charged_segment, shares.segment, 'unallocated') as segment,
        charged.period_month,
        charged.category,
        charged.spend * case
            when charged.charged_segment is null then coalesce(shares.share, 1) else 1
        end as spend
    from charged
    left join shares
        on charged.charged_segment is null
        and charged.scope = shares.scope
        and charged.product_key = shares.product_key
        and charged.segment_scheme = shares.segment_scheme
        and charged.period_month = shares.period_month
)

select
    scope, product_id, segment_scheme, segment, period_month, category,
    sum(spend) as spend
from allocated
group by scope, product_id, segment_scheme, segment, period_month, category
