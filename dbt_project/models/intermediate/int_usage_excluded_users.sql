with users as (
    select source_system, user_id, role, is_internal
    from {{ ref('stg_product__users') }}
    where reject_reason is null
)

select
    source_system,
    user_id,
    case when is_internal then 'internal user' else role || ' user' end as rule
from users
where is_internal or role in ('bot', 'test', 'internal')
