{#- definition: (numerator, denominator, members), counts with a score interval -#}
{%- set shares = {
    'logo_movement': ('kept_count', 'n'),
    'customer_churn_monthly': ('n - kept_count', 'n'),
    'reactivation_monthly': ('returned_count', 'lapsed_count'),
} -%}
{#- definition: (numerator, its sum of squares, its products with the start), within 0..1 -#}
{%- set gross = {
    'grr_movement': ('kept', 'kept_yy', 'kept_xy'),
    'gross_mrr_churn_monthly': (
        '(x - kept)', '(xx - 2 * kept_xy + kept_yy)', '(xx - kept_xy)'),
} -%}
{#- definition: (what is left at the end, its squares, numerator, lower and upper bound) -#}
{%- set net = {
    'nrr_movement': ('next', 'next_yy', 'y', 'growth_low', 'growth_high'),
    'net_mrr_churn_monthly': (
        'next + returned', 'next_yy + returned_yy', 'x - y', '1 - growth_high', '1 - growth_low'),
} -%}
with sums as (
    select
        sums.*,
        parameters.confidence_z as z
    from {{ ref('int_retention_sums') }} as sums
    inner join {{ ref('int_months') }} as months on sums.next_month = months.period_month
    cross join {{ ref('int_metric_parameters') }} as parameters
    where months.is_reported
),

metrics as (
    select metric, metric_definition from {{ ref('int_kpi_metrics') }}
),

{% for definition, (y, yy, numerator, low, high) in net.items() -%}
{{ definition }}_sums as (
    select scope, product_id, segment_scheme, segment, next_month, n, z, x, xx,
        {{ y }} as y, {{ yy }} as yy, next_xy as xy, kept as c, kept_yy as cc, kept_xy as xc
    from sums
    where n > 0
),

{{ definition }}_bounded as (
    {{ with_growth_bounds(definition ~ '_sums') }}
),

{% endfor -%}
measured as (
    {%- for definition, (y, whole) in shares.items() %}
    select
        scope, product_id, segment_scheme, segment, next_month, metric, metric_definition,
        {{ y }} as numerator, {{ whole }} as denominator, {{ whole }} as n,
        {{ share_bound('(' ~ y ~ ')', whole, 'z', '-') }} as ci_low,
        {{ share_bound('(' ~ y ~ ')', whole, 'z', '+') }} as ci_high
    from sums
    inner join metrics on metric_definition = '{{ definition }}'
    where {{ whole }} > 0
    union all
    {%- endfor %}
    {%- for definition, (y, yy, xy) in gross.items() %}
    select
        scope, product_id, segment_scheme, segment, next_month, metric, metric_definition,
        {{ y }} as numerator, x as denominator, n,
        {%- for bound, sign in [('ci_low', '-'), ('ci_high', '+')] %}
        {{ ratio_bound(y, 'x', yy, xy, 'xx', 'n', 'z', sign, ceiling=1) }}
            as {{ bound }}{{ ',' if not loop.last }}
        {%- endfor %}
    from sums
    inner join metrics on metric_definition = '{{ definition }}'
    where n > 0
    union all
    {%- endfor %}
    {%- for definition, (y, yy, numerator, low, high) in net.items() %}
    select
        scope, product_id, segment_scheme, segment, next_month, metric, metric_definition,
        {{ numerator }} as numerator, x as denominator, n,
        {{ low }} as ci_low, {{ high }} as ci_high
    from {{ definition }}_bounded
    inner join metrics on metric_definition = '{{ definition }}'
    union all
    {%- endfor %}
    -- who comes back to a segment in which nobody paid has no rate, but is part of everybody's
    select
        scope, product_id, segment_scheme, segment, next_month, metric, metric_definition,
        -1 * returned, 0, 0, cast(null as double precision), cast(null as double precision)
    from sums
    inner join metrics on metric_definition = 'net_mrr_churn_monthly'
    where n = 0 and returned > 0
)

select
    scope, product_id, segment_scheme, segment, next_month as period_month, metric,
    metric_definition,
    numerator / nullif(cast(denominator as double precision), 0) as value,
    cast(numerator as double precision) as numerator,
    cast(denominator as double precision) as denominator,
    n,
    ci_low,
    ci_high,
    cast(null as {{ dbt.type_string() }}) as reason
from measured
