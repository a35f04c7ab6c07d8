with paid as (
    select 'portfolio' as scope, cast(null as {{ dbt.type_string() }}) as product_id,
        customer_id, period_month
    from {{ ref('int_customer_mrr_months') }}
    union all
    select 'product' as scope, product_id, customer_id, period_month
    from {{ ref('int_product_mrr_months') }}
),

starts as (
    select scope, product_id, customer_id, min(period_month) as first_month
    from paid
    group by scope, product_id, customer_id
),

dated as (
    select starts.*, months.measured_on as segment_date
    from starts
    inner join {{ ref('int_months') }} as months on starts.first_month = months.period_month
),

members as (
    {{ with_segments('dated', 'customer_id') }}
)

select scope, product_id, coalesce(product_id, '') as product_key, customer_id, first_month,
    segment_scheme, segment
from members
