with periods as (
    select period_month, measured_on from {{ ref('int_months') }} where is_reported
),

months as (
    select period_month from {{ ref('int_months') }}
),

parameters as (
    select win_rate_months from {{ ref('int_metric_parameters') }}
)

select
    periods.period_month,
    periods.measured_on,
    months.period_month as window_month
from periods
cross join parameters
inner join months
    on months.period_month <= periods.period_month
    and {{ months_between('months.period_month', 'periods.period_month') }}
        < parameters.win_rate_months
