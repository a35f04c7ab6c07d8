select
    account_id,
    industry,
    sub_industry,
    employees,
    -- as the CRM has it: a new exchange rate is no new version
    annual_revenue_original as annual_revenue,
    country,
    region,
    founded_year,
    growth_stage,
    business_model,
    account_type,
    owner_id,
    created_at,
    coalesce(updated_at, created_at, loaded_at) as last_changed_at,
    {{ known_at() }} as seen_at
from {{ ref('int_accounts') }}
