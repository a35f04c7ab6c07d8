{#- The days of thirty years: one on which clocks change is open as long as they say. -#}
with week as (
    select weekday, opens_minute, closes_minute
    from {{ source('icp_registry', 'support_week') }}
),

holidays as (
    select distinct holiday from {{ source('icp_registry', 'support_holidays') }}
),

days as (
    select
        spine.day,
        {{ time_of_day('spine.day', 'week.opens_minute') }} as opens_at,
        {{ time_of_day('spine.day', 'week.closes_minute') }} as closes_at
    from ({{ day_spine(11000) }}) as spine
    left join holidays on spine.day = holidays.holiday
    left join week
        on {{ weekday('spine.day') }} = week.weekday
        and holidays.holiday is null
    -- without hours nobody knows how long was waited in them
    where exists (select 1 from {{ source('icp_registry', 'support_week') }})
),

measured as (
    -- hours inside an hour that the clocks skip are none
    select
        *,
        greatest(coalesce({{ minutes_between('opens_at', 'closes_at') }}, 0), 0) as open_minutes
    from days
)

select
    day,
    opens_at,
    open_minutes,
    sum(open_minutes) over (order by day rows unbounded preceding) - open_minutes as minutes_before
from measured
