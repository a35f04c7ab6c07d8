with deals as (
    select source_system, opportunity_id, state, closed_at from {{ ref('int_opportunities') }}
),

entries as (
    select history.source_system, history.opportunity_id, history.stage, history.entered_at,
        deals.state, deals.closed_at
    from {{ ref('stg_crm__opportunity_stage_history') }} as history
    inner join deals
        on history.source_system = deals.source_system
        and history.opportunity_id = deals.opportunity_id
    where history.reject_reason is null and {{ day_of('history.entered_at') }} <= {{ as_of_date() }}
),

ordered as (
    select
        *,
        lead(entered_at) over (
            partition by source_system, opportunity_id order by entered_at, stage
        ) as next_entered_at
    from entries
),

-- the last stage of a deal that is over lasts until its close, that of an open one until now; the
-- stage that is its outcome lasts no time
visits as (
    select
        *,
        next_entered_at is null and state = 'open' as is_current,
        case
            when next_entered_at is not null then next_entered_at
            when state = 'open' then {{ midnight_of(add_days(as_of_date(), 1)) }}
            when closed_at > entered_at then closed_at
            else entered_at
        end as left_at
    from ordered
)

select
    opportunity_id,
    source_system,
    stage,
    min(entered_at) as entered_at,
    cast(count(*) as bigint) as visit_count,
    cast(sum({{ minutes_between('entered_at', 'left_at') }}) / 1440.0 as double precision)
        as days_in_stage,
    max(case when is_current then 1 else 0 end) = 1 as is_current
from visits
group by source_system, opportunity_id, stage
