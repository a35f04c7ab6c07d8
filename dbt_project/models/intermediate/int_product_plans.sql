with plan_features as (
    select product_id, plan, feature, valid_from, valid_to
    from {{ source('icp_registry', 'plan_features') }}
)

select
    product_id,
    plan,
    feature,
    coalesce(valid_from <= {{ as_of_date() }}, true)
        and coalesce(valid_to > {{ as_of_date() }}, true) as is_in_force
from plan_features
