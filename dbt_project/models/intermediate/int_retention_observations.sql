with months as (
    select period_month, cohort_month from {{ ref('int_months') }} where is_reported
),

cohort_months as (
    select period_month, measured_on from {{ ref('int_months') }}
),

paid as (
    select 'portfolio' as scope, cast(null as {{ dbt.type_string() }}) as product_id,
        '' as product_key, customer_id, period_month, mrr
    from {{ ref('int_customer_mrr_months') }}
    union all
    select 'product' as scope, product_id, product_id as product_key, customer_id, period_month,
        mrr
    from {{ ref('int_product_mrr_months') }}
)

-- a closed set: who joined after the cohort month is not in it, who left stays in with nothing
select
    opening.scope,
    opening.product_id,
    opening.customer_id,
    months.period_month,
    -- the segment at the start: survivors that outgrow it must not flatter the next one
    cohort_months.measured_on as segment_date,
    opening.mrr as opening_mrr,
    coalesce(closing.mrr, 0) as closing_mrr
from paid as opening
inner join months on opening.period_month = months.cohort_month
inner join cohort_months on months.cohort_month = cohort_months.period_month
left join paid as closing
    on opening.scope = closing.scope
    and opening.product_key = closing.product_key
    and opening.customer_id = closing.customer_id
    and months.period_month = closing.period_month
