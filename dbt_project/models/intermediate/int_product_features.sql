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
    select distinct product_id, feature from {{ ref('int_product_plans') }}
    where is_in_force and feature is not null
),

-- what a plan includes and nobody uses is the finding; where no feature at all is recorded of a
-- product, nothing can be told of it
known_features as (
    select product_id, feature from used_features
    union
    select product_id, feature from included_features
    where product_id in (select product_id from used_features)
)

select
    known_features.product_id,
    known_features.feature,
    products_with_plans.product_id is not null as is_by_plan,
    products_with_plans.product_id is null or included_features.feature is not null
        as is_included
from known_features
inner join products on known_features.product_id = products.product_id
left join products_with_plans on known_features.product_id = products_with_plans.product_id
left join included_features
    on known_features.product_id = included_features.product_id
    and known_features.feature = included_features.feature
