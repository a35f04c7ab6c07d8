-- Spend would be invented or forgotten on its way to segments.
-- Every month of the table, portfolio without lag, all categories together.
-- A returned row is a month and scheme whose spend differs from fct_spend_months of its window.
with windows as (
    select period_month, window_month from {{ ref('int_kpi_windows') }}
),

spent as (
    select windows.period_month, sum(spend.spend) as spend
    from windows
    inner join {{ ref('fct_spend_months') }} as spend on windows.window_month = spend.period_month
    group by windows.period_month
),

charged as (
    select segment_scheme, period_month, sum(spend) as spend
    from {{ ref('segment_cac') }}
    where metric_definition = 'cac_fully_loaded' and lag_definition = 'cac_lag0'
        and scope = 'portfolio'
    group by segment_scheme, period_month
)

select charged.segment_scheme, charged.period_month, charged.spend, spent.spend as source_spend
from charged
left join spent on charged.period_month = spent.period_month
where coalesce(charged.spend, 0) <> coalesce(spent.spend, 0)
