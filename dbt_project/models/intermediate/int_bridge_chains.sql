{#- basis: the date on which a member's segment is looked up -#}
{%- set bases = {'cohort_start': 'cohort_date', 'month_start': 'segment_date'} -%}
with observations as (
    select scope, product_id, coalesce(product_id, '') as product_key, customer_id, opening_month,
        window_month, segment_date, opening_mrr, next_mrr
    from {{ ref('int_retention_observations') }}
    where opening_mrr > 0
),

last_month as (
    select max(period_month) as period_month from {{ ref('int_months') }} where is_complete
),

-- cohorts that began retention_months before the months to explain
windows as (
    select periods.period_month, steps.period_month as opening_month
    from {{ ref('int_months') }} as periods
    cross join last_month
    cross join {{ ref('int_metric_parameters') }} as parameters
    inner join {{ ref('int_months') }} as steps
        on steps.period_month < periods.period_month
        and {{ months_between('steps.period_month', 'periods.period_month') }}
            <= parameters.retention_months
    where periods.is_reported
        and periods.is_complete
        and {{ months_between('periods.period_month', 'last_month.period_month') }}
            < parameters.bridge_months
),

paths as (
    select
        steps.scope, steps.product_id, steps.customer_id, windows.period_month,
        steps.opening_month, cohort.segment_date as cohort_date, steps.segment_date,
        cast(steps.opening_mrr as double precision) as opening,
        cast(steps.next_mrr as double precision) as following,
        cast(least(steps.opening_mrr, steps.next_mrr) as double precision) as kept
    from observations as steps
    inner join windows on steps.opening_month = windows.opening_month
    inner join observations as cohort
        on windows.period_month = cohort.window_month
        -- the portfolio's key is empty, so the key tells scopes apart too
        and steps.product_key = cohort.product_key
        and steps.customer_id = cohort.customer_id
),

{% for basis, date in bases.items() -%}
{{ basis }}_members as (
    {{ with_segments('paths', 'customer_id', date) }}
),

{% endfor -%}
steps as (
    {%- for basis in bases %}
    select
        '{{ basis }}' as basis, scope, product_id, segment_scheme, segment, period_month,
        opening_month,
        sum(case when following > 0 then 1 else 0 end) / cast(count(*) as double precision)
            as logo_rate,
        sum(kept) / sum(opening) as grr_rate,
        sum(following) / sum(opening) as nrr_rate
    from {{ basis }}_members
    group by scope, product_id, segment_scheme, segment, period_month, opening_month
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    basis, scope, product_id, segment_scheme, segment, period_month,
    {%- for name in ['logo', 'grr', 'nrr'] %}
    case when min({{ name }}_rate) > 0
        then exp(sum(case when {{ name }}_rate > 0 then ln({{ name }}_rate) end))
        else 0
    end as {{ name }}_chain{{ ',' if not loop.last }}
    {%- endfor %}
from steps
group by basis, scope, product_id, segment_scheme, segment, period_month
