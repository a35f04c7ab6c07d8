{#- end of the definition's name: (numerator, who counts) -#}
{%- set definitions = {
    'contractual_%d': ('has_left', '1'),
    'contractual_%d_monthly_terms': (
        "case when terms = 'monthly' then has_left else 0 end",
        "case when terms = 'monthly' then 1 else 0 end"),
    'contractual_%d_longer_terms': (
        "case when terms = 'longer' then has_left else 0 end",
        "case when terms = 'longer' then 1 else 0 end"),
    'engagement_%': ('is_silent', 'case when is_silent is not null then 1 else 0 end'),
} -%}
with starts as (
    select * from {{ ref('int_early_churn') }}
),

members as (
    {{ with_segments('starts', 'customer_id') }}
),

-- one row a day and cell before months are compared: customers are many, days are few
days as (
    select
        scope, product_id, segment_scheme, segment, matured_on,
        {%- for churned, counted in definitions.values() %}
        sum({{ churned }}) as churned_{{ loop.index }},
        sum({{ counted }}) as counted_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from members
    group by scope, product_id, segment_scheme, segment, matured_on
),

parameters as (
    select confidence_z as z, win_rate_months from {{ ref('int_metric_parameters') }}
),

months as (
    select period_month, measured_on from {{ ref('int_months') }} where is_reported
),

metrics as (
    select metric, metric_definition from {{ ref('int_kpi_metrics') }}
    where metric = 'early_churn'
),

-- only those whose days are all over by the month's end, from the year before that
sums as (
    select
        days.scope, days.product_id, days.segment_scheme, days.segment, months.period_month,
        parameters.z,
        {%- for name in definitions %}
        sum(days.churned_{{ loop.index }}) as churned_{{ loop.index }},
        sum(days.counted_{{ loop.index }}) as counted_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from days
    cross join parameters
    inner join months
        on days.matured_on <= months.measured_on
        and {{ add_months('days.matured_on', 'parameters.win_rate_months') }} > months.measured_on
    group by days.scope, days.product_id, days.segment_scheme, days.segment,
        months.period_month, parameters.z
),

measured as (
    {%- for pattern in definitions %}
    select scope, product_id, segment_scheme, segment, period_month, z, metric, metric_definition,
        churned_{{ loop.index }} as churned, counted_{{ loop.index }} as n
    from sums
    inner join metrics on metric_definition like '{{ pattern }}'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    scope, product_id, segment_scheme, segment, period_month, metric, metric_definition,
    churned / cast(n as double precision) as value,
    cast(churned as double precision) as numerator,
    cast(n as double precision) as denominator,
    n,
    {{ share_bound('churned', 'n', 'z', '-') }} as ci_low,
    {{ share_bound('churned', 'n', 'z', '+') }} as ci_high,
    cast(null as {{ dbt.type_string() }}) as reason
from measured
where n > 0
