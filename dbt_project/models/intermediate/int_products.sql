with products as (
    select product_id, product_name, gross_margin, value_event, active_event
    from {{ source('icp_registry', 'products') }}
),

icps as (
    select product_id, count(*) as icp_count
    from {{ source('icp_registry', 'icp_versions') }}
    where is_current and product_id is not null
    group by product_id
)

select
    products.product_id,
    products.product_name,
    products.gross_margin,
    products.value_event,
    products.active_event,
    coalesce(icps.icp_count, 0) as icp_count
from products
left join icps on products.product_id = icps.product_id
