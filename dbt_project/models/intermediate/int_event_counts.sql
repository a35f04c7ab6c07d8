{%- set cell = 'event, scope, product_id, segment_scheme, segment, period_month' -%}
with members as (
    select event, scope, product_id, segment_scheme, segment, started_on, happened_on,
        competed_on, {{ month_start('started_on') }} as started_month
    from {{ ref('int_event_members') }}
),

parameters as (
    select curve_window_months, curve_months, curve_horizon_days
    from {{ ref('int_metric_parameters') }}
),

windows as (
    select
        periods.period_month,
        periods.measured_on,
        months.period_month as window_month
    from {{ ref('int_months') }} as periods
    cross join parameters
    inner join {{ ref('int_months') }} as months
        on months.period_month <= periods.period_month
        and {{ months_between('months.period_month', 'periods.period_month') }}
            < parameters.curve_window_months
    where {{ months_between('periods.period_month', as_of_month()) }} < parameters.curve_months
),

-- what was known of each by the month's end: the event, one that competes, or neither yet
followed as (
    select
        members.event, members.scope, members.product_id, members.segment_scheme,
        members.segment, windows.period_month, members.started_on,
        case
            when members.happened_on <= windows.measured_on then 'happened'
            when members.competed_on <= windows.measured_on then 'competed'
            else 'censored'
        end as ended_by,
        least(
            coalesce(members.happened_on, members.competed_on, windows.measured_on),
            windows.measured_on
        ) as ended_on
    from members
    inner join windows on members.started_month = windows.window_month
),

-- whatever comes after the horizon is one day more: it is only still under way at the horizon
timed as (
    select
        followed.event, followed.scope, followed.product_id, followed.segment_scheme,
        followed.segment, followed.period_month, followed.ended_by,
        least(
            {{ days_between('followed.started_on', 'followed.ended_on') }},
            parameters.curve_horizon_days + 1
        ) as day_number
    from followed
    cross join parameters
),

counts as (
    select {{ cell }}, day_number,
        sum(case when ended_by = 'happened' then 1 else 0 end) as events,
        sum(case when ended_by = 'competed' then 1 else 0 end) as competing,
        sum(case when ended_by = 'censored' then 1 else 0 end) as censored
    from timed
    group by {{ cell }}, day_number
),

declared_days as (
    {% for day in curve_days() -%}
    select {{ day }} as day_number
    union all
    {% endfor -%}
    select curve_horizon_days from parameters
),

-- the days that are asked about have a row although nothing happened on them
every_day as (
    select {{ cell }}, day_number, events, competing, censored from counts
    union all
    select cells.*, declared_days.day_number, 0, 0, 0
    from (select distinct {{ cell }} from counts) as cells
    cross join declared_days
)

select {{ cell }}, day_number,
    cast(sum(events) as double precision) as events,
    cast(sum(competing) as double precision) as competing,
    cast(sum(censored) as double precision) as censored
from every_day
group by {{ cell }}, day_number
