with opportunities as (
    select * from {{ ref('stg_crm__opportunities') }} where reject_reason is null
),

-- a deal on several accounts belongs to the primary one
primary_accounts as (
    select source_system, opportunity_id, min(account_id) as account_id
    from {{ ref('stg_crm__opportunity_accounts') }}
    where reject_reason is null and is_primary
    group by source_system, opportunity_id
),

identity_links as (
    select source_system, source_key, account_id, customer_id
    from {{ ref('int_account_identity') }}
    where linked_system = 'crm'
),

aliases as (
    select product_key, product_id from {{ ref('int_product_aliases') }}
),

parameters as (
    select reporting_currency from {{ ref('int_metric_parameters') }}
),

rates as (
    select currency, rate_to_reporting from {{ ref('int_fx_rates') }}
),

assigned as (
    select
        opportunities.*,
        coalesce(primary_accounts.account_id, opportunities.account_id) as crm_account_id,
        coalesce(opportunities.currency, parameters.reporting_currency) as amount_currency,
        coalesce(opportunities.is_closed, opportunities.is_won, false) as is_deal_closed,
        {{ deal_type('opportunities.opportunity_type') }} as deal_type
    from opportunities
    cross join parameters
    left join primary_accounts
        on opportunities.source_system = primary_accounts.source_system
        and opportunities.opportunity_id = primary_accounts.opportunity_id
)

select
    assigned.*,
    identity_links.account_id as resolved_account_id,
    identity_links.customer_id,
    aliases.product_id as resolved_product_id,
    rates.rate_to_reporting,
    case
        when assigned.merged_into_id is not null then 'merged'
        when assigned.crm_account_id is not null and identity_links.source_key is null
            then 'no such account'
        when assigned.amount < 0 then 'amount is negative'
        when assigned.is_deal_closed and assigned.close_date < {{ day_of('assigned.created_at') }}
            then 'closed_at is before created_at'
    end as rule
from assigned
left join identity_links
    on assigned.source_system = identity_links.source_system
    and assigned.crm_account_id = identity_links.source_key
left join aliases on lower(coalesce(assigned.product_id, '')) = aliases.product_key
left join rates on assigned.amount_currency = rates.currency
