{{ config(materialized='view') }}

with conditions as (
    select * from {{ ref('int_icp_conditions') }} where condition_kind = 'criterion'
),

results as (
    select * from {{ ref('int_icp_condition_results') }}
)

select
    results.account_id,
    conditions.icp_id,
    conditions.icp_version,
    conditions.condition_id as criterion_id,
    conditions.condition_label as criterion_label,
    conditions.is_required,
    results.is_met,
    results.shown_value as value,
    case
        when results.is_met is null then 'no value of ' || conditions.attribute || ' is known'
        when results.is_met then conditions.attribute || ' ' || results.shown_value || ' meets it'
        else conditions.attribute || ' ' || results.shown_value || ' does not meet it'
    end as reason,
    case when results.is_met then conditions.points else 0 end as points_awarded,
    conditions.points as points_possible
from results
inner join conditions on results.condition_key = conditions.condition_key
