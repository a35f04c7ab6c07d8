with accounts as (
    select * from {{ ref('stg_crm__accounts') }} where reject_reason is null
),

survivors as (
    select source_system, account_id
    from {{ ref('int_account_survivors') }}
    where account_id = surviving_account_id and not is_deleted
),

rates as (
    select currency, rate_to_reporting from {{ ref('int_fx_rates') }}
),

company as (
    select reporting_currency from {{ source('icp_registry', 'company') }}
)

select
    accounts.account_id,
    accounts.source_system,
    accounts.name as account_name,
    accounts.domain,
    accounts.industry,
    accounts.sub_industry,
    accounts.employees,
    {{ money('accounts.annual_revenue * rates.rate_to_reporting') }} as annual_revenue,
    accounts.annual_revenue as annual_revenue_original,
    coalesce(accounts.currency, company.reporting_currency) as currency,
    rates.rate_to_reporting,
    accounts.country,
    accounts.region,
    accounts.founded_year,
    accounts.growth_stage,
    accounts.business_model,
    accounts.account_type,
    accounts.owner_id,
    accounts.parent_account_id,
    accounts.created_at,
    accounts.updated_at,
    accounts.loaded_at
from accounts
inner join survivors
    on accounts.source_system = survivors.source_system
    and accounts.account_id = survivors.account_id
cross join company
left join rates on coalesce(accounts.currency, company.reporting_currency) = rates.currency
