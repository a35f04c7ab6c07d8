with products as (
    select product_id, coalesce(clock_start, 'contract_start') as clock_start
    from {{ source('icp_registry', 'products') }}
),

identity_links as (
    select linked_system, source_system, source_key, customer_id
    from {{ ref('int_account_identity') }}
    where customer_id is not null
),

aliases as (
    select product_key, product_id from {{ ref('int_product_aliases') }}
),

invoices as (
    select
        identity_links.customer_id,
        aliases.product_id,
        invoices.issued_on as started_on
    from {{ ref('stg_billing__invoices') }} as invoices
    inner join identity_links
        on invoices.source_system = identity_links.source_system
        and invoices.billing_customer_id = identity_links.source_key
        and identity_links.linked_system = 'billing'
    left join {{ ref('int_subscription_terms') }} as terms
        on invoices.source_system = terms.source_system
        and invoices.subscription_id = terms.subscription_id
    inner join aliases on lower(coalesce(terms.product_id, '')) = aliases.product_key
    where invoices.reject_reason is null
),

signups as (
    select
        identity_links.customer_id,
        aliases.product_id,
        {{ day_of('workspaces.created_at') }} as started_on
    from {{ ref('stg_product__workspaces') }} as workspaces
    inner join identity_links
        on workspaces.source_system = identity_links.source_system
        and workspaces.workspace_id = identity_links.source_key
        and identity_links.linked_system = 'product'
    inner join aliases on lower(coalesce(workspaces.product_id, '')) = aliases.product_key
    where workspaces.reject_reason is null
),

candidates as (
    -- a row of the portfolio has no product and meets none below
    select 'contract_start' as clock_start, customer_id, product_id, first_paid_on as started_on
    from {{ ref('int_first_payments') }}
    union all
    select 'first_invoice' as clock_start, customer_id, product_id, started_on from invoices
    union all
    select 'signup' as clock_start, customer_id, product_id, started_on from signups
)

select
    candidates.customer_id,
    candidates.product_id,
    min(candidates.started_on) as started_on
from candidates
inner join products
    on candidates.product_id = products.product_id
    and candidates.clock_start = products.clock_start
where candidates.started_on <= {{ as_of_date() }}
group by candidates.customer_id, candidates.product_id
