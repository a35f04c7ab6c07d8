with accounts as (
    select source_key as account_id, customer_id
    from {{ ref('int_account_identity') }}
    where linked_system = 'crm' and source_key = account_id
),

months as (
    select customer_id, period_month, mrr from {{ ref('int_customer_mrr_months') }} where mrr > 0
),

customers as (
    select
        customer_id,
        min(period_month) as first_paid_month,
        sum(case when period_month = {{ as_of_month() }} then mrr else 0 end) as current_mrr
    from months
    group by customer_id
)

select
    accounts.account_id,
    accounts.customer_id,
    coalesce(customers.current_mrr, 0) > 0 as is_customer,
    customers.first_paid_month,
    -- on one account of a customer only, so that a sum over accounts counts it once
    cast(case
        when accounts.account_id = accounts.customer_id then coalesce(customers.current_mrr, 0)
        else 0
    end as numeric(18, 2)) as current_mrr
from accounts
left join customers on accounts.customer_id = customers.customer_id
