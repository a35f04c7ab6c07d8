with monthly as (
    select
        scope, product_id, segment_scheme, segment, closed_month,
        sum(case when state = 'won' then 1 else 0 end) as won_count,
        count(*) as closed_count
    from {{ ref('int_deal_segments') }}
    where state in ('won', 'lost')
    group by scope, product_id, segment_scheme, segment, closed_month
),

windows as (
    select period_month, window_month from {{ ref('int_kpi_windows') }}
),

parameters as (
    select confidence_z as z from {{ ref('int_metric_parameters') }}
),

metrics as (
    select metric, metric_definition from {{ ref('int_kpi_metrics') }} where metric = 'win_rate'
),

sums as (
    select
        monthly.scope, monthly.product_id, monthly.segment_scheme, monthly.segment,
        windows.period_month,
        sum(monthly.won_count) as won_count,
        sum(monthly.closed_count) as closed_count
    from monthly
    inner join windows on monthly.closed_month = windows.window_month
    group by
        monthly.scope, monthly.product_id, monthly.segment_scheme, monthly.segment,
        windows.period_month
)

{{ share_rows('won_count', 'closed_count') }}
