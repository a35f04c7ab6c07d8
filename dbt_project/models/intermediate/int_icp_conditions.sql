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
),

numbered as (
    select
        conditions.*,
        -- a small integer keeps the joins over all accounts narrow
        row_number() over (
            order by
                conditions.icp_id,
                conditions.icp_version,
                conditions.condition_kind,
                conditions.condition_id
        ) as condition_key,
        row_number() over (
            partition by conditions.icp_id, conditions.icp_version, conditions.condition_kind
            order by conditions.points desc, conditions.condition_id
        ) as weight_rank
    from conditions
    inner join versions
        on conditions.icp_id = versions.icp_id
        and conditions.icp_version = versions.icp_version
)

select
    *,
    -- the place of this condition in a number of base 3 that tells all answers of one account
    cast(power(3, weight_rank - 1) as bigint) as place_value,
    condition_label || ' is met' as reason_met,
    condition_label || ' is not met' as reason_unmet,
    'no value of ' || attribute || ' is known' as reason_unknown
from numbered
