{%- set cell = 'scope, product_key, segment_scheme, segment' -%}
with parameters as (
    select * from {{ ref('int_metric_parameters') }}
),

ranked as (
    select
        months.*,
        {{ months_between("cast('1900-01-01' as date)", 'months.period_month') }} as month_number
    from {{ ref('int_segment_revenue_months') }} as months
),

-- trailing months by their number: the churn window leaves the month itself out
reported as (
    select ranked.*, parameters.ltv_churn_months, parameters.win_rate_months,
        parameters.min_n, parameters.confidence_z as z
    from ranked
    cross join parameters
    where ranked.period_month in (
        select period_month from {{ ref('int_months') }} where is_reported
    )
),

exposed as (
    select
        reported.scope, reported.product_key, reported.segment_scheme, reported.segment,
        reported.period_month,
        {%- for name in ['opening_count', 'opening_mrr', 'opening_profit',
            'opening_unmargined_mrr', 'churned_count'] %}
        sum(case
            when earlier.month_number < reported.month_number
                and earlier.month_number >= reported.month_number - reported.ltv_churn_months
            then earlier.{{ name }} else 0 end) as {{ name }},
        {%- endfor %}
        {%- for name in ['new_count', 'new_mrr'] %}
        sum(case
            when earlier.month_number > reported.month_number - reported.win_rate_months
            then earlier.{{ name }} else 0 end) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from reported
    inner join ranked as earlier
        on reported.scope = earlier.scope
        and reported.product_key = earlier.product_key
        and reported.segment_scheme = earlier.segment_scheme
        and reported.segment = earlier.segment
        and earlier.month_number <= reported.month_number
        and earlier.month_number > reported.month_number
            - greatest(reported.win_rate_months, reported.ltv_churn_months + 1)
    group by
        reported.scope, reported.product_key, reported.segment_scheme, reported.segment,
        reported.period_month
)

select
    {{ cell }}, period_month,
    cast(opening_count as bigint) as customer_months,
    cast(churned_count as bigint) as churned_count,
    cast(opening_mrr as double precision) as opening_mrr,
    cast(opening_profit as double precision) as opening_profit,
    cast(new_count as bigint) as new_count,
    cast(new_mrr as double precision) as new_mrr,
    opening_unmargined_mrr > 0 as lacks_margin,
    -- weighted by the revenue of each product, over the months that churn is counted in
    case when opening_unmargined_mrr = 0
        then opening_profit / nullif(cast(opening_mrr as double precision), 0) end as gross_margin,
    -- ARPA x margin / churn of the same months: profit of the months / customers lost in them
    case when opening_unmargined_mrr = 0
        then opening_profit / nullif(cast(churned_count as double precision), 0) end as ltv_simple,
    case when opening_unmargined_mrr = 0 and churned_count > 0
        then opening_profit / {{ count_bound('churned_count', 'z', '+') }} end as ltv_ci_low,
    case when opening_unmargined_mrr = 0 and churned_count > 0
        then opening_profit / {{ count_bound('churned_count', 'z', '-') }} end as ltv_ci_high,
    {{ ltv_reason('opening_count', 'opening_unmargined_mrr', 'churned_count') }} as ltv_reason
from exposed
cross join (select confidence_z as z from parameters) as confidence
