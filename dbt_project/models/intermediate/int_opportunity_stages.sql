with history as (
    select source_system, opportunity_id, stage, entered_at
    from {{ ref('stg_crm__opportunity_stage_history') }}
    where reject_reason is null
),

checked as (
    select source_system, opportunity_id, stage, is_deal_closed
    from {{ ref('int_opportunity_checks') }}
    where rule is null
),

-- a stage in which no deal is still open is an outcome, not a step towards it
outcome_stages as (
    select stage
    from checked
    group by stage
    having min(case when is_deal_closed then 1 else 0 end) = 1
),

visits as (
    select
        source_system,
        opportunity_id,
        stage,
        min(entered_at) as first_entered_at,
        max(entered_at) as last_entered_at
    from history
    group by source_system, opportunity_id, stage
),

positions as (
    select
        stage,
        row_number() over (
            partition by source_system, opportunity_id order by first_entered_at, stage
        ) as position
    from visits
),

-- nobody declares the order of stages: it is the order in which deals usually enter them
stage_ranks as (
    select
        stage,
        row_number() over (order by avg(position), stage) as stage_rank
    from positions
    where stage not in (select stage from outcome_stages)
    group by stage
),

furthest as (
    select
        visits.source_system,
        visits.opportunity_id,
        visits.stage,
        row_number() over (
            partition by visits.source_system, visits.opportunity_id
            order by stage_ranks.stage_rank desc
        ) as position
    from visits
    inner join stage_ranks on visits.stage = stage_ranks.stage
),

spans as (
    select
        source_system,
        opportunity_id,
        min(first_entered_at) as first_entered_at,
        max(last_entered_at) as last_entered_at
    from visits
    group by source_system, opportunity_id
)

select
    spans.source_system,
    spans.opportunity_id,
    furthest.stage as max_stage,
    spans.first_entered_at,
    spans.last_entered_at
from spans
left join furthest
    on spans.source_system = furthest.source_system
    and spans.opportunity_id = furthest.opportunity_id
    and furthest.position = 1
