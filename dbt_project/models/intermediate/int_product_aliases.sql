with products as (
    select product_id, product_name from {{ source('icp_registry', 'products') }}
),

aliases as (
    select alias, product_id from {{ source('icp_registry', 'product_aliases') }}
),

names as (
    select lower(trim(product_id)) as product_key, product_id from products
    union all
    select lower(trim(product_name)) as product_key, product_id from products
    union all
    select lower(trim(alias)) as product_key, product_id from aliases
    union all
    -- where a company sells one product, a record that names none means that one
    select '' as product_key, min(product_id) as product_id from products having count(*) = 1
)

select
    product_key,
    min(product_id) as product_id
from names
group by product_key
