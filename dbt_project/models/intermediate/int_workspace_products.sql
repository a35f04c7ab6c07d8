select source_system, workspace_id, product_id
from {{ ref('stg_product__workspaces') }}
where reject_reason is null and product_id is not null
