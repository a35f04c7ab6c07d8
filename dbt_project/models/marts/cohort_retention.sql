with movements as (
    select 'portfolio' as scope, cast(null as {{ dbt.type_string() }}) as product_id,
        '' as product_key, customer_id, period_month, closing_mrr, is_complete
    from {{ ref('fct_mrr_movements') }}
    union all
    select 'product' as scope, product_id, product_id as product_key, customer_id, period_month,
        closing_mrr, is_complete
    from {{ ref('fct_mrr_product_movements') }}
),

months as (
    select period_month, measured_on from {{ ref('int_months') }}
),

starts as (
    select
        movements.scope, movements.product_key, movements.customer_id,
        movements.period_month as cohort_month,
        movements.closing_mrr as opening_mrr,
        months.measured_on as segment_date
    from (
        select
            *,
            row_number() over (
                partition by scope, product_key, customer_id order by period_month
            ) as position
        from movements
    ) as movements
    inner join months on movements.period_month = months.period_month
    where movements.position = 1
),

ages as (
    select
        movements.scope,
        movements.product_id,
        movements.product_key,
        movements.customer_id,
        starts.cohort_month,
        {{ months_between('starts.cohort_month', 'movements.period_month') }} as age_months,
        starts.opening_mrr,
        movements.closing_mrr as retained_mrr,
        least(starts.opening_mrr, movements.closing_mrr) as capped_mrr,
        min(movements.closing_mrr) over (
            partition by movements.scope, movements.product_key, movements.customer_id
            order by movements.period_month rows unbounded preceding
        ) as running_min_mrr,
        movements.is_complete
    from movements
    inner join starts
        on movements.scope = starts.scope
        and movements.product_key = starts.product_key
        and movements.customer_id = starts.customer_id
),

-- a customer has one segment per scheme for all its ages: looked up once, not once a month
start_segments as (
    {{ with_segments('starts', 'customer_id') }}
),

members as (
    select ages.*, start_segments.segment_scheme, start_segments.segment
    from ages
    inner join start_segments
        on ages.scope = start_segments.scope
        and ages.product_key = start_segments.product_key
        and ages.customer_id = start_segments.customer_id
),

sums as (
    select
        cohort_month, age_months, scope, product_id, segment_scheme, segment, is_complete,
        count(*) as customer_count,
        sum(case when retained_mrr > 0 then 1 else 0 end) as active_count,
        sum(opening_mrr) as opening_mrr,
        sum(retained_mrr) as retained_mrr,
        sum(capped_mrr) as capped_mrr,
        sum(running_min_mrr) as running_min_mrr
    from members
    group by cohort_month, age_months, scope, product_id, segment_scheme, segment, is_complete
)

select
    cohort_month,
    cast(age_months as integer) as age_months,
    scope,
    product_id,
    segment_scheme,
    segment,
    cast(customer_count as bigint) as customer_count,
    cast(active_count as bigint) as active_count,
    cast(opening_mrr as numeric(18, 2)) as opening_mrr,
    cast(retained_mrr as numeric(18, 2)) as retained_mrr,
    cast(capped_mrr as numeric(18, 2)) as capped_mrr,
    cast(running_min_mrr as numeric(18, 2)) as running_min_mrr,
    {%- for name, numerator, denominator in [
        ('logo_retention', 'active_count', 'customer_count'),
        ('nrr', 'retained_mrr', 'opening_mrr'),
        ('grr_point', 'capped_mrr', 'opening_mrr'),
        ('grr_running_min', 'running_min_mrr', 'opening_mrr'),
    ] %}
    cast({{ numerator }} as double precision)
        / nullif(cast({{ denominator }} as double precision), 0) as {{ name }},
    {%- endfor %}
    is_complete
from sums
