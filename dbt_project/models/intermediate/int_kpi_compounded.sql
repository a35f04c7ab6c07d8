{#- definition, as its name begins: (monthly rate's numerator, its denominator, what it weighs) -#}
{%- set rates = {
    'logo': ('kept_count', 'n', 'n'),
    'grr': ('kept', 'x', effective_n('x', 'xx')),
    'nrr': ('next', 'x', 'null'),
} -%}
with parameters as (
    select retention_months, confidence_z as z from {{ ref('int_metric_parameters') }}
),

metrics as (
    select metric, metric_definition from {{ ref('int_kpi_metrics') }}
    where metric_definition like '%_compounded'
),

windows as (
    select periods.period_month, steps.period_month as next_month, parameters.retention_months,
        parameters.z
    from {{ ref('int_months') }} as periods
    cross join parameters
    inner join {{ ref('int_months') }} as steps
        on steps.period_month <= periods.period_month
        and {{ months_between('steps.period_month', 'periods.period_month') }}
            < parameters.retention_months
    where periods.is_reported
),

sums as (
    select
        scope, product_id, segment_scheme, segment, next_month,
        {%- for name in ['n', 'kept_count', 'x', 'xx', 'kept', 'next'] %}
        cast({{ name }} as double precision) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_retention_sums') }}
    where n > 0
),

steps as (
    {%- for name, (y, x, weight) in rates.items() %}
    select scope, product_id, segment_scheme, segment, next_month, n, '{{ name }}' as name,
        {{ y }} / {{ x }} as rate, cast({{ weight }} as double precision) as weight
    from sums
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

products as (
    select
        steps.scope, steps.product_id, steps.segment_scheme, steps.segment,
        windows.period_month, windows.retention_months, windows.z, steps.name,
        count(*) as month_count,
        min(steps.n) as n,
        case when min(steps.rate) > 0
            then exp(sum(case when steps.rate > 0 then ln(steps.rate) end)) else 0 end as value,
        -- the delta method on the logarithm, with as much variance as a rate within 0..1 can have;
        -- what happens in one month says nothing of the next
        case when count(steps.weight) = count(*)
            then sqrt(sum(case when steps.rate > 0
                then greatest(0, 1 - steps.rate) / steps.rate / steps.weight end)) end as log_error
    from steps
    inner join windows on steps.next_month = windows.next_month
    group by
        steps.scope, steps.product_id, steps.segment_scheme, steps.segment,
        windows.period_month, windows.retention_months, windows.z, steps.name
),

bounded as (
    select
        products.*,
        month_count = retention_months as is_whole,
        -- the bounds of a share stay shares on the log(-log) scale; all or nothing left has none
        case when value > 0 and value < 1 then z * log_error / -ln(value) end as spread
    from products
)

select
    scope, product_id, segment_scheme, segment, period_month,
    metrics.metric, metrics.metric_definition,
    case when is_whole then value end as value,
    cast(null as double precision) as numerator,
    cast(null as double precision) as denominator,
    n,
    {%- for bound, sign in [('ci_low', ''), ('ci_high', '-')] %}
    case when is_whole
        then {{ share_to_power_of_exp('value', sign ~ 'spread', 'spread') }} end as {{ bound }},
    {%- endfor %}
    case when not is_whole then 'a month of the window begins without a paying customer' end
        as reason
from bounded
inner join metrics on metrics.metric_definition like bounded.name || '_%'
