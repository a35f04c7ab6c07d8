with products as (
    select product_id from {{ ref('int_products') }}
),

used_features as (
    select distinct product_id, feature from {{ ref('int_account_feature_use') }}
),

products_with_plans as (
    select distinct product_id from {{ ref('int_product_plans') }}
),

included_features as (
    select distinct product_id, feature from {{ ref('int_product_plans') }} where is_in_force
)

select
    used_features.product_id,
    used_features.feature,
    products_with_plans.product_id is not null as is_by_plan,
    products_with_plans.product_id is null or included_features.feature is not null
        as is_included
from used_features
inner join products on used_features.product_id = products.product_id
left join products_with_plans on used_features.product_id = products_with_plans.product_id
left join included_features
    on used_features.product_id = included_features.product_id
    and used_features.feature = included_features.feature
