with paying_plans as (
    select customer_id, product_id, plan from {{ ref('int_paying_plans') }}
),

features as (
    select product_id, feature, is_by_plan from {{ ref('int_product_features') }}
),

plan_features as (
    select product_id, plan, feature from {{ ref('int_product_plans') }} where is_in_force
),

declared_plans as (
    select distinct product_id, plan from plan_features
)

-- one contract whose plan includes the feature is enough, whatever the others are
select
    paying_plans.customer_id,
    paying_plans.product_id,
    features.feature,
    max(case when not features.is_by_plan or declared_plans.plan is not null
        then 1 else 0 end) = 1 as is_plan_known,
    max(case when not features.is_by_plan or plan_features.feature is not null
        then 1 else 0 end) = 1 as is_eligible
from paying_plans
inner join features on paying_plans.product_id = features.product_id
left join declared_plans
    on paying_plans.product_id = declared_plans.product_id
    and paying_plans.plan = declared_plans.plan
left join plan_features
    on paying_plans.product_id = plan_features.product_id
    and paying_plans.plan = plan_features.plan
    and features.feature = plan_features.feature
group by paying_plans.customer_id, paying_plans.product_id, features.feature
