{%- set cell = 'scope, product_key, segment_scheme, segment' -%}
with changes as (
    select * from {{ ref('int_revenue_changes') }}
),

members as (
    select
        starts.scope, starts.product_key, starts.segment_scheme, starts.segment,
        changes.period_month, changes.is_first, changes.active_step, changes.mrr_step,
        changes.profit_step, changes.unmargined_step
    from changes
    inner join {{ ref('int_customer_starts') }} as starts
        on changes.scope = starts.scope
        and changes.product_key = starts.product_key
        and changes.customer_id = starts.customer_id
),

summed as (
    select {{ cell }}, period_month,
        sum(active_step) as active_step,
        sum(mrr_step) as mrr_step,
        sum(profit_step) as profit_step,
        sum(unmargined_step) as unmargined_step,
        sum(case when active_step < 0 then 1 else 0 end) as churned_count,
        sum(case when is_first then 1 else 0 end) as new_count,
        sum(case when is_first then mrr_step else 0 end) as new_mrr
    from members
    group by {{ cell }}, period_month
),

cells as (
    select distinct {{ cell }} from summed
),

months as (
    select months.period_month, months.is_complete
    from {{ ref('int_months') }} as months
    cross join (select min(period_month) as first_month from summed) as bounds
    where months.period_month >= bounds.first_month
),

-- a row for each month, so that sums over a window of rows are sums over a window of months
spine as (
    select cells.*, months.period_month, months.is_complete
    from cells
    cross join months
),

filled as (
    select
        spine.*,
        {%- for name in ['active_step', 'mrr_step', 'profit_step', 'unmargined_step',
            'churned_count', 'new_count', 'new_mrr'] %}
        coalesce(summed.{{ name }}, 0) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from spine
    left join summed
        on spine.scope = summed.scope and spine.product_key = summed.product_key
        and spine.segment_scheme = summed.segment_scheme and spine.segment = summed.segment
        and spine.period_month = summed.period_month
)

select
    {{ cell }}, period_month, is_complete, churned_count, new_count, new_mrr,
    {%- for step, name in [('active_step', 'opening_count'), ('mrr_step', 'opening_mrr'),
        ('profit_step', 'opening_profit'), ('unmargined_step', 'opening_unmargined_mrr')] %}
    sum({{ step }}) over cell_months - {{ step }} as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from filled
window cell_months as (
    partition by {{ cell }} order by period_month rows unbounded preceding
)
