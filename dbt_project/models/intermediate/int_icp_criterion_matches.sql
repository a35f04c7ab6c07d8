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
    results.is_met,
    results.shown_value as value,
    case
        when results.is_met is null then conditions.reason_unknown
        when results.is_met then conditions.reason_met
        else conditions.reason_unmet
    end as reason,
    case when results.is_met then conditions.points else 0 end as points_awarded,
    conditions.points as points_possible
from results
inner join conditions on results.condition_key = conditions.condition_key
