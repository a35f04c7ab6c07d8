{%- set cell = 'partition by scope, product_id, segment_scheme, segment, period_month' -%}
{%- set earlier = cell ~ ' order by day_number rows between unbounded preceding and 1 preceding' -%}
with starts as (
    select scope, product_id, customer_id, started_on as segment_date, started_on,
        first_value_on, left_on, {{ month_start('started_on') }} as started_month
    from {{ ref('int_value_starts') }}
),

windows as (
    select period_month, measured_on, window_month from {{ ref('int_kpi_windows') }}
),

members as (
    {{ with_segments('starts', 'customer_id') }}
),

-- what was known of each by the month's end: value, a departure before it, or neither yet
followed as (
    select
        members.scope, members.product_id, members.segment_scheme, members.segment,
        windows.period_month,
        case
            when members.first_value_on <= windows.measured_on
                and (members.left_on is null or members.first_value_on <= members.left_on)
            then 'value'
            when members.left_on <= windows.measured_on then 'left'
            else 'censored'
        end as ended_by,
        members.started_on,
        members.first_value_on,
        members.left_on,
        windows.measured_on
    from members
    inner join windows on members.started_month = windows.window_month
),

timed as (
    select
        scope, product_id, segment_scheme, segment, period_month, ended_by,
        case ended_by
            when 'value' then {{ days_between('started_on', 'first_value_on') }}
            when 'left' then {{ days_between('started_on', 'left_on') }}
            else {{ days_between('started_on', 'measured_on') }}
        end as day_number
    from followed
),

days as (
    select
        scope, product_id, segment_scheme, segment, period_month, day_number,
        sum(case when ended_by = 'value' then 1 else 0 end) as value_count,
        sum(case when ended_by = 'left' then 1 else 0 end) as left_count,
        count(*) as ended_count
    from timed
    group by scope, product_id, segment_scheme, segment, period_month, day_number
),

counted as (
    select
        *,
        sum(ended_count) over ({{ cell }}) as n,
        sum(ended_count) over ({{ cell }}) - coalesce(sum(ended_count) over ({{ earlier }}), 0)
            as at_risk
    from days
),

-- Aalen-Johansen: value and departure compete, so both leave the event-free share
event_free as (
    select
        *,
        coalesce(exp(sum(ln(nullif(
            1 - (value_count + left_count) / cast(at_risk as double precision), 0
        ))) over ({{ earlier }})), 1) as free_before
    from counted
)

select
    scope, product_id, segment_scheme, segment, period_month, day_number, n, at_risk,
    value_count, left_count, free_before,
    sum(free_before * value_count / at_risk) over (
        {{ cell }} order by day_number rows unbounded preceding
    ) as incidence
from event_free
