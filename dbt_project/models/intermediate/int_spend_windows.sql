with spend as (
    select period_month, channel, campaign_id, category, product_id, spend
    from {{ ref('int_spend_months') }}
),

windows as (
    select period_month, window_month from {{ ref('int_kpi_windows') }}
),

parameters as (
    select cac_lag_months from {{ ref('int_metric_parameters') }}
),

schemes as (
    select distinct segment_scheme, segment from {{ source('icp_registry', 'segment_rules') }}
),

-- a campaign aimed at a segment that nobody defined is aimed at none
campaigns as (
    select
        campaigns.campaign_id,
        min(schemes.segment_scheme) as tagged_scheme,
        min(schemes.segment) as tagged_segment
    from {{ ref('stg_marketing__campaigns') }} as campaigns
    inner join schemes
        on campaigns.target_segment_scheme = schemes.segment_scheme
        and lower(campaigns.target_segment) = lower(schemes.segment)
    where campaigns.reject_reason is null
    group by campaigns.campaign_id
),

totals as (
    select
        windows.period_month,
        spend.product_id,
        spend.category,
        campaigns.tagged_scheme,
        campaigns.tagged_segment,
        cast(sum(spend.spend) as double precision) as spend
    from spend
    cross join parameters
    inner join windows
        on spend.period_month
            = {{ add_months('windows.window_month', '-1 * parameters.cac_lag_months') }}
    left join campaigns on spend.campaign_id = campaigns.campaign_id
    group by
        windows.period_month, spend.product_id, spend.category, campaigns.tagged_scheme,
        campaigns.tagged_segment
),

worked as (
    select
        windows.period_month,
        deals.product_id,
        sum(case when deals.scope = 'product' then 1 else 0 end) as product_deal_count,
        sum(case when deals.scope = 'portfolio' then 1 else 0 end) as portfolio_deal_count
    from {{ ref('int_deal_segments') }} as deals
    inner join windows on deals.created_month = windows.window_month
    where deals.segment_scheme = 'all'
    group by windows.period_month, deals.product_id
),

-- of all deals worked, so that spend on deals of no product is charged to no product
product_shares as (
    select
        period_month,
        product_id,
        product_deal_count / cast(
            sum(portfolio_deal_count) over (partition by period_month) as double precision
        ) as share
    from worked
),

pools as (
    select 'portfolio' as scope, cast(null as {{ dbt.type_string() }}) as product_id,
        period_month, category, tagged_scheme, tagged_segment, spend
    from totals
    union all
    select 'product' as scope, product_id, period_month, category, tagged_scheme, tagged_segment,
        spend
    from totals
    where product_id is not null
    union all
    -- spend on no product in particular: by the deals worked, lost ones too, never by those won
    select 'product' as scope, product_shares.product_id, totals.period_month, totals.category,
        totals.tagged_scheme, totals.tagged_segment, totals.spend * product_shares.share as spend
    from totals
    inner join product_shares on totals.period_month = product_shares.period_month
    where totals.product_id is null and product_shares.product_id is not null
)

select
    scope, product_id, coalesce(product_id, '') as product_key, period_month, category,
    tagged_scheme, tagged_segment,
    sum(spend) as spend
from pools
group by scope, product_id, period_month, category, tagged_scheme, tagged_segment
