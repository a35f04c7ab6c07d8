with months as (
    select
        spine.period_month as opening_month,
        spine.measured_on as segment_date,
        {{ add_months('spine.period_month', 1) }} as next_month,
        {{ add_months('spine.period_month', 'parameters.retention_months') }} as window_month
    from {{ ref('int_months') }} as spine
    cross join {{ ref('int_metric_parameters') }} as parameters
    -- a reported month looks back over its whole window
    where {{ months_between('spine.period_month', as_of_month()) }}
        between 1 and parameters.kpi_months + parameters.retention_months - 1
),

paid as (
    select 'portfolio' as scope, cast(null as {{ dbt.type_string() }}) as product_id,
        '' as product_key, customer_id, period_month, mrr
    from {{ ref('int_customer_mrr_months') }}
    union all
    select 'product' as scope, product_id, product_id as product_key, customer_id, period_month,
        mrr
    from {{ ref('int_product_mrr_months') }}
),

starts as (
    select scope, product_id, product_key, customer_id, min(period_month) as first_month
    from paid
    group by scope, product_id, product_key, customer_id
),

steps as (
    select
        starts.scope, starts.product_id, starts.product_key, starts.customer_id,
        months.opening_month, months.segment_date, months.next_month, months.window_month,
        coalesce(opening.mrr, 0) as opening_mrr,
        coalesce(following.mrr, 0) as next_mrr,
        case when months.window_month <= {{ as_of_month() }}
            then coalesce(closing.mrr, 0) end as closing_mrr
    from starts
    inner join months on starts.first_month <= months.opening_month
    {%- for name, month in [
        ('opening', 'opening_month'), ('following', 'next_month'), ('closing', 'window_month')
    ] %}
    left join paid as {{ name }}
        on starts.scope = {{ name }}.scope
        and starts.product_key = {{ name }}.product_key
        and starts.customer_id = {{ name }}.customer_id
        and months.{{ month }} = {{ name }}.period_month
    {%- endfor %}
),

-- a lowest point is the start or comes after a fall, and falls are few
falls as (
    select scope, product_key, customer_id, next_month as fallen_month, next_mrr as fallen_to
    from steps
    where next_mrr < opening_mrr
),

lows as (
    select steps.scope, steps.product_key, steps.customer_id, steps.opening_month,
        min(falls.fallen_to) as lowest_mrr
    from steps
    inner join falls
        on steps.scope = falls.scope
        and steps.product_key = falls.product_key
        and steps.customer_id = falls.customer_id
        and steps.opening_month < falls.fallen_month
        and steps.window_month >= falls.fallen_month
    where steps.opening_mrr > 0 and steps.closing_mrr is not null
    group by steps.scope, steps.product_key, steps.customer_id, steps.opening_month
)

-- a closed set: who joined after the opening month is not in it, who left stays in with nothing
select
    steps.scope,
    steps.product_id,
    steps.customer_id,
    steps.opening_month,
    -- the segment at the start: survivors that outgrow it must not flatter the next one
    steps.segment_date,
    steps.next_month,
    steps.window_month,
    steps.opening_mrr,
    steps.next_mrr,
    steps.closing_mrr,
    case when steps.closing_mrr is not null then least(
        steps.opening_mrr, coalesce(lows.lowest_mrr, steps.opening_mrr)
    ) end as lowest_mrr
from steps
left join lows
    on steps.scope = lows.scope
    and steps.product_key = lows.product_key
    and steps.customer_id = lows.customer_id
    and steps.opening_month = lows.opening_month
