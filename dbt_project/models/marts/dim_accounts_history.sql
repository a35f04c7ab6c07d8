with history as (
    select * from {{ ref('int_account_history') }}
)

select
    account_id,
    valid_from,
    valid_to,
    known_at,
    industry,
    employees,
    annual_revenue,
    country,
    region,
    growth_stage,
    business_model
from history
