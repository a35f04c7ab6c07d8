with current_rows as (
    select * from {{ source('raw_product', 'workspaces') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('workspace_id') }} as workspace_id,
        {{ clean_text('crm_account_id') }} as crm_account_id,
        {{ clean_text('product_id') }} as product_id,
        -- attributes
        {{ clean_text('name') }} as name,
        {{ clean_domain('domain') }} as domain,
        {{ clean_category('plan') }} as plan,
        -- numbers
        seats,
        -- dates
        created_at,
        updated_at,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['workspace_id'])
        + deleted_rule()
        + duplicate_rule(['workspace_id'], 'updated_at')
        + negative_rules(['seats'])
        + future_rules(['created_at'])
    ) }} as reject_reason
from cleaned
