with monthly as (
    select
        scope, product_id, segment_scheme, segment, created_month,
        case when state = 'won' then closed_month end as won_month,
        count(*) as deal_count
    from {{ ref('int_deal_segments') }}
    where state <> 'closed_unknown'
    group by scope, product_id, segment_scheme, segment, created_month,
        case when state = 'won' then closed_month end
),

windows as (
    select period_month, window_month from {{ ref('int_kpi_windows') }}
),

parameters as (
    select confidence_z as z from {{ ref('int_metric_parameters') }}
),

metrics as (
    select metric, metric_definition from {{ ref('int_kpi_metrics') }}
    where metric = 'win_rate_created'
),

-- deals that are still open count: they were created, and may be won in a later month
sums as (
    select
        monthly.scope, monthly.product_id, monthly.segment_scheme, monthly.segment,
        windows.period_month,
        sum(case when monthly.won_month <= windows.period_month then monthly.deal_count else 0 end)
            as won_count,
        sum(monthly.deal_count) as created_count
    from monthly
    inner join windows on monthly.created_month = windows.window_month
    group by
        monthly.scope, monthly.product_id, monthly.segment_scheme, monthly.segment,
        windows.period_month
)

{{ share_rows('won_count', 'created_count') }}
