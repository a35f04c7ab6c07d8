{#- definition: (numerator, denominator, members), counts with a score interval -#}
{%- set shares = {
    'logo_movement': ('kept_count', 'n'),
    'customer_churn_monthly': ('n - kept_count', 'n'),
    'reactivation_monthly': ('returned_count', 'lapsed_count'),
} -%}
{#- definition: (numerator, its sum of squares, its products with the start, floor, ceiling) -#}
{%- set ratios = {
    'grr_movement': ('kept', 'kept_yy', 'kept_xy', 0, 1),
    'nrr_movement': ('next', 'next_yy', 'next_xy', 0, none),
    'gross_mrr_churn_monthly': (
        '(x - kept)', '(xx - 2 * kept_xy + kept_yy)', '(xx - kept_xy)', 0, 1),
    'net_mrr_churn_monthly': (
        '(x - next - returned)', '(xx - 2 * next_xy + next_yy + returned_yy)', '(xx - next_xy)',
        -1e12, 1),
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
    {%- for definition, (y, yy, xy, floor, ceiling) in ratios.items() %}
    select
        scope, product_id, segment_scheme, segment, next_month, metric, metric_definition,
        {{ y }} as numerator, x as denominator, n,
        {%- for bound, sign in [('ci_low', '-'), ('ci_high', '+')] %}
        {{ ratio_bound(y, 'x', yy, xy, 'xx', 'n', 'z', sign, ceiling=ceiling, floor=floor) }}
            as {{ bound }}{{ ',' if not loop.last }}
        {%- endfor %}
    from sums
    inner join metrics on metric_definition = '{{ definition }}'
    where n > 0
    {{ 'union all' if not loop.last }}
    {%- endfor %}
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
