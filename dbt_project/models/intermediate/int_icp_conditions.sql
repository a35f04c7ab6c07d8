with versions as (
    select icp_id, icp_version from {{ source('icp_registry', 'icp_versions') }}
    where is_current
),

criteria as (
    select * from {{ source('icp_registry', 'icp_criteria') }}
),

disqualifiers as (
    select * from {{ source('icp_registry', 'icp_disqualifiers') }}
),

conditions as (
    select icp_id, icp_version, 'criterion' as condition_kind, criterion_id as condition_id,
        coalesce(criterion_label, criterion_id) as condition_label, attribute, operator,
        value_low, value_high, points, is_required
    from criteria
    union all
    select icp_id, icp_version, 'disqualifier' as condition_kind,
        disqualifier_id as condition_id,
        coalesce(disqualifier_label, disqualifier_id) as condition_label, attribute, operator,
        value_low, value_high, cast(null as double precision) as points, false as is_required
    from disqualifiers
)

select
    -- a small integer keeps the joins over all accounts narrow
    row_number() over (
        order by
            conditions.icp_id,
            conditions.icp_version,
            conditions.condition_kind,
            conditions.condition_id
    ) as condition_key,
    conditions.*
from conditions
inner join versions
    on conditions.icp_id = versions.icp_id
    and conditions.icp_version = versions.icp_version
