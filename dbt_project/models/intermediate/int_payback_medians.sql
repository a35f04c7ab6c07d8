{%- set cell -%}
scope, product_key, segment_scheme, segment, metric_definition, lag_definition, period_month
{%- endset -%}
with windows as (
    select period_month, window_month from {{ ref('int_kpi_windows') }}
),

parameters as (
    select confidence_z as z from {{ ref('int_metric_parameters') }}
),

counted as (
    select
        months.scope, months.product_key, months.segment_scheme, months.segment,
        months.metric_definition, months.lag_definition, windows.period_month,
        months.month_count,
        sum(case when months.is_paid_back then months.customer_count else 0 end) as event_count,
        cast(sum(months.customer_count) as double precision) as left_count
    from {{ ref('int_payback_months') }} as months
    inner join windows on months.first_month = windows.window_month
    group by
        months.scope, months.product_key, months.segment_scheme, months.segment,
        months.metric_definition, months.lag_definition, windows.period_month, months.month_count
),

at_risk as (
    select
        *,
        sum(left_count) over (
            partition by {{ cell }} order by month_count desc rows unbounded preceding
        ) as risk_count
    from counted
),

-- Kaplan-Meier: the share that has not paid back yet; it is zero once all at risk have
survival as (
    select
        at_risk.*,
        exp(sum(case when event_count < risk_count then ln(1 - event_count / risk_count) else 0 end)
            over months_so_far)
            * min(case when event_count < risk_count then 1 else 0 end) over months_so_far
            as unpaid_share,
        sum(case when event_count < risk_count
            then event_count / (risk_count * (risk_count - event_count)) end)
            over months_so_far as variance
    from at_risk
    window months_so_far as (
        partition by {{ cell }} order by month_count rows unbounded preceding
    )
),

bounded as (
    select
        survival.*,
        {{ survival_bound('unpaid_share', 'variance', 'parameters.z', '-') }} as low_share,
        {{ survival_bound('unpaid_share', 'variance', 'parameters.z', '+') }} as high_share
    from survival
    cross join parameters
)

select
    {{ cell }},
    cast(sum(left_count) as bigint) as customer_count,
    cast(sum(event_count) as bigint) as paid_back_count,
    max(month_count) as followed_months,
    min(case when unpaid_share <= 0.5 + 1e-9 then month_count end) as median_months,
    min(case when low_share <= 0.5 + 1e-9 then month_count end) as ci_low,
    min(case when high_share <= 0.5 + 1e-9 then month_count end) as ci_high
from bounded
group by {{ cell }}
