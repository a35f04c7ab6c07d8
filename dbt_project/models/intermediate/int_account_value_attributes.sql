with accounts as (
    select source_key as account_id, customer_id
    from {{ ref('int_account_identity') }}
    where linked_system = 'crm' and source_key = account_id
),

current_mrr as (
    select customer_id, mrr
    from {{ ref('int_customer_mrr_months') }}
    where period_month = {{ as_of_month() }} and mrr > 0
),

banded as (
    select
        customer_id,
        mrr,
        percent_rank() over (order by mrr desc) as share_above
    from current_mrr
),

ranked_products as (
    select
        customer_id,
        product_id,
        row_number() over (partition by customer_id order by mrr desc, product_id) as position
    from {{ ref('int_product_mrr_months') }}
    where period_month = {{ as_of_month() }} and mrr > 0
),

valued as (
    select
        accounts.account_id,
        coalesce(banded.mrr, 0) as current_mrr,
        case when banded.mrr is null then 'false' else 'true' end as is_customer,
        -- by rank among paying customers: the top fifth, the next three tenths, the rest
        case
            when banded.mrr is null then 'none'
            when banded.share_above < 0.2 then 'high'
            when banded.share_above < 0.5 then 'medium'
            else 'low'
        end as value_tier,
        ranked_products.product_id as primary_product
    from accounts
    left join banded on accounts.customer_id = banded.customer_id
    left join ranked_products
        on accounts.customer_id = ranked_products.customer_id
        and ranked_products.position = 1
)

select
    account_id, 'current_mrr' as attribute,
    cast(null as {{ dbt.type_string() }}) as value_text,
    cast(current_mrr as double precision) as value_number
from valued
union all
select account_id, 'is_customer', is_customer, null from valued
union all
select account_id, 'value_tier', value_tier, null from valued
union all
select account_id, 'primary_product', primary_product, null
from valued
where primary_product is not null
