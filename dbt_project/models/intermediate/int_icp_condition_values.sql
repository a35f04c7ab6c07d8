with conditions as (
    select condition_key, icp_id, icp_version, condition_kind, condition_id
    from {{ ref('int_icp_conditions') }}
),

listed as (
    select icp_id, icp_version, 'criterion' as condition_kind, criterion_id as condition_id,
        value_text
    from {{ source('icp_registry', 'icp_criterion_values') }}
    union all
    select icp_id, icp_version, 'disqualifier' as condition_kind,
        disqualifier_id as condition_id, value_text
    from {{ source('icp_registry', 'icp_disqualifier_values') }}
)

select distinct
    conditions.condition_key,
    lower(trim(listed.value_text)) as listed_value
from conditions
inner join listed
    on conditions.icp_id = listed.icp_id
    and conditions.icp_version = listed.icp_version
    and conditions.condition_kind = listed.condition_kind
    and conditions.condition_id = listed.condition_id
