{#- definition, as its name begins: (monthly rate's numerator, its denominator, variance of it) -#}
{%- set rates = {
    'logo': ('kept_count', 'n', 'kept_count / n * (1 - kept_count / n) / n'),
    'grr': ('kept', 'x', '(kept_yy - 2 * kept / x * kept_xy + kept / x * kept / x * xx)'
        ~ ' * n / nullif(n - 1, 0) / x / x'),
    'nrr': ('next', 'x', '(next_yy - 2 * next / x * next_xy + next / x * next / x * xx)'
        ~ ' * n / nullif(n - 1, 0) / x / x'),
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
        {%- for name in ['n', 'kept_count', 'x', 'xx', 'kept', 'kept_yy', 'kept_xy', 'next',
            'next_yy', 'next_xy'] %}
        cast({{ name }} as double precision) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_retention_sums') }}
    where n > 0
),

steps as (
    {%- for name, (y, x, variance) in rates.items() %}
    select scope, product_id, segment_scheme, segment, next_month, n,
        '{{ name }}' as name, {{ y }} / {{ x }} as rate, {{ variance }} as variance
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
        -- the delta method on the logarithm; what happens in one month says nothing of the next
        case when min(steps.rate) > 0 and count(steps.variance) = count(*)
            then sqrt(greatest(0, sum(
                case when steps.rate > 0 then steps.variance / steps.rate / steps.rate end
            ))) end as log_error
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
        -- no month moved anybody: nothing bounds what the next would do
        case when log_error > 1e-9 then z * log_error end as spread
    from products
)

select
    scope, product_id, segment_scheme, segment, period_month,
    metrics.metric, metrics.metric_definition,
    case when is_whole then value end as value,
    cast(null as double precision) as numerator,
    cast(null as double precision) as denominator,
    n,
    {%- for bound, sign, other in [('ci_low', '-', '+'), ('ci_high', '+', '-')] %}
    case
        when not is_whole then null
        when name = 'nrr' then value * exp({{ sign }}spread)
        -- on the log(-log) scale the bounds of a share stay shares
        when value > 0 and value < 1 then power(value, exp({{ other }}spread / abs(ln(value))))
    end as {{ bound }},
    {%- endfor %}
    case when not is_whole then 'a month of the window begins without a paying customer' end
        as reason
from bounded
inner join metrics on metrics.metric_definition like bounded.name || '_%'
