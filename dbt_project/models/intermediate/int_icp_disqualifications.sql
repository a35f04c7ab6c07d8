with conditions as (
    select * from {{ ref('int_icp_conditions') }} where condition_kind = 'disqualifier'
),

results as (
    select * from {{ ref('int_icp_condition_results') }} where is_met
)

select
    results.account_id,
    conditions.icp_id,
    conditions.icp_version,
    count(*) as disqualifier_count,
    {{ join_texts('conditions.condition_id', 'conditions.condition_id') }} as disqualifier_codes,
    {{ join_texts('conditions.condition_label', 'conditions.condition_id') }} as labels
from results
inner join conditions on results.condition_key = conditions.condition_key
group by results.account_id, conditions.icp_id, conditions.icp_version
