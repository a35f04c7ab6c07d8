with parameters as (
    select kpi_months, retention_months
    from {{ ref('int_metric_parameters') }}
),

months as (
    select
        period_month,
        {{ add_days(add_months('period_month', 1), -1) }} as last_day
    from ({{ month_spine(600) }}) as spine
)

select
    months.period_month,
    months.last_day,
    -- the running month is measured on the as-of date: nothing later is known
    least(months.last_day, {{ as_of_date() }}) as measured_on,
    {{ as_of_date() }} >= months.last_day as is_complete,
    {{ months_between('months.period_month', as_of_month()) }} < parameters.kpi_months
        as is_reported,
    {{ add_months('months.period_month', '-1 * parameters.retention_months') }} as cohort_month
from months
cross join parameters
