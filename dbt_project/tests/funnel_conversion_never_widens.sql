-- Whoever converted from a stage entered the next one, and segments of a scheme are everybody once.
-- Every cohort, entry and stage.
-- A returned row is a stage that more entered than left the one before, or a scheme that lost some.
with stages as (
    select
        *,
        lag(converted) over (
            partition by segment_scheme, segment, cohort_month, entry order by stage_number
        ) as arrived
    from {{ ref('funnel_conversion') }}
),

totals as (
    select segment_scheme, cohort_month, entry, stage, sum(entered) as entered
    from stages
    group by segment_scheme, cohort_month, entry, stage
)

select segment_scheme, cohort_month, entry, stage, entered from stages
where arrived is not null and arrived <> entered
union all
select parts.segment_scheme, parts.cohort_month, parts.entry, parts.stage, parts.entered
from totals as parts
inner join totals as everybody
    on parts.cohort_month = everybody.cohort_month
    and parts.entry = everybody.entry
    and parts.stage = everybody.stage
    and everybody.segment_scheme = 'all'
where parts.entered <> everybody.entered
