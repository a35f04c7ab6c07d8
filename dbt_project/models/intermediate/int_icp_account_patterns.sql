with conditions as (
    select condition_key, icp_id, icp_version, place_value
    from {{ ref('int_icp_conditions') }}
    where condition_kind = 'criterion'
),

results as (
    select account_id, condition_key, is_met from {{ ref('int_icp_condition_results') }}
)

select
    results.account_id,
    conditions.icp_id,
    conditions.icp_version,
    -- one digit per criterion: 0 not met, 1 met, 2 unknown
    cast(sum(
        case when results.is_met is null then 2 when results.is_met then 1 else 0 end
        * conditions.place_value
    ) as bigint) as pattern
from results
inner join conditions on results.condition_key = conditions.condition_key
group by results.account_id, conditions.icp_id, conditions.icp_version
