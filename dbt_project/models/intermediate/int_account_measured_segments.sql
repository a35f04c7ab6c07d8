with rules as (
    select segment_scheme, attribute, segment, operator, value_low, value_high, sort_order
    from {{ source('icp_registry', 'segment_rules') }}
    where attribute in ('{{ monthly_attributes() | join("', '") }}')
),

-- a value in no range that is listed is `other`
all_rules as (
    select segment_scheme, attribute, segment, operator, value_low, value_high, sort_order
    from rules
    union all
    select segment_scheme, attribute, 'other', 'otherwise', null, null, 1000000
    from rules
    group by segment_scheme, attribute
),

matched as (
    select
        measures.account_id,
        all_rules.segment_scheme,
        all_rules.attribute,
        measures.measured_on,
        min(all_rules.sort_order) as sort_order
    from {{ ref('int_account_measures') }} as measures
    inner join all_rules
        on measures.attribute = all_rules.attribute
        and (
            all_rules.operator = 'otherwise'
            or (
                measures.value_number >= coalesce(all_rules.value_low, measures.value_number)
                and (all_rules.value_high is null or measures.value_number < all_rules.value_high)
            )
        )
    group by
        measures.account_id, all_rules.segment_scheme, all_rules.attribute, measures.measured_on
),

compared as (
    select
        *,
        lag(sort_order) over (
            partition by account_id, segment_scheme order by measured_on
        ) as previous_order
    from matched
),

-- most values change every month, their segment seldom does
changes as (
    select * from compared where previous_order is null or previous_order <> sort_order
)

select
    changes.account_id,
    changes.segment_scheme,
    all_rules.segment,
    changes.sort_order,
    changes.measured_on as valid_from,
    lead(changes.measured_on) over (
        partition by changes.account_id, changes.segment_scheme order by changes.measured_on
    ) as valid_to
from changes
inner join all_rules
    on changes.segment_scheme = all_rules.segment_scheme
    and changes.attribute = all_rules.attribute
    and changes.sort_order = all_rules.sort_order
