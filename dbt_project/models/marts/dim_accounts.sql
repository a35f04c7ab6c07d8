{%- set measured = [
    'domain', 'industry', 'employees', 'annual_revenue', 'country', 'founded_year', 'growth_stage',
    'business_model',
] -%}
with accounts as (
    select * from {{ ref('int_accounts') }}
),

hierarchy as (
    select account_id, parent_account_id, ultimate_parent_id from {{ ref('int_account_hierarchy') }}
),

revenue as (
    select * from {{ ref('int_account_revenue') }}
),

links as (
    select account_id, match_method, match_confidence from {{ ref('int_account_links') }}
),

parameters as (
    select reporting_currency from {{ ref('int_metric_parameters') }}
)

select
    accounts.account_id,
    accounts.account_id as crm_record_id,
    accounts.source_system,
    accounts.account_name,
    accounts.domain,
    accounts.industry,
    accounts.sub_industry,
    accounts.employees,
    accounts.annual_revenue,
    accounts.country,
    accounts.region,
    accounts.founded_year,
    accounts.growth_stage,
    accounts.business_model,
    accounts.account_type,
    accounts.owner_id,
    hierarchy.parent_account_id,
    hierarchy.ultimate_parent_id,
    revenue.customer_id,
    accounts.created_at,
    {{ day_of('accounts.created_at') }} as created_on,
    revenue.is_customer,
    revenue.first_paid_month,
    revenue.current_mrr,
    cast((
        {%- for attribute in measured %}
        case when accounts.{{ attribute }} is null then 0 else 1 end{{ ' +' if not loop.last }}
        {%- endfor %}
    ) as double precision) / {{ measured | length }} as attribute_completeness,
    links.match_method,
    links.match_confidence,
    parameters.reporting_currency,
    {{ as_of_date() }} as as_of_date
from accounts
cross join parameters
left join hierarchy on accounts.account_id = hierarchy.account_id
left join revenue on accounts.account_id = revenue.account_id
left join links on accounts.account_id = links.account_id
