with products as (
    select * from {{ ref('int_products') }}
)

select
    product_id,
    product_name,
    gross_margin,
    value_event,
    active_event,
    icp_count
from products
