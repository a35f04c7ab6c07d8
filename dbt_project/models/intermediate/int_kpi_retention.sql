{#- definition, as its name begins: (numerator, sum of squares, sum of products) -#}
{%- set ratios = {
    'grr_point_': ('point', 1),
    'grr_running_min_': ('low', 1),
    'nrr_cohort_': ('net', none),
} -%}
with sums as (
    select
        sums.*,
        parameters.confidence_z as z
    from {{ ref('int_retention_sums') }} as sums
    inner join {{ ref('int_months') }} as months on sums.window_month = months.period_month
    cross join {{ ref('int_metric_parameters') }} as parameters
    where months.is_reported and sums.n > 0
),

metrics as (
    select metric, metric_definition from {{ ref('int_kpi_metrics') }}
),

measured as (
    select
        scope, product_id, segment_scheme, segment, window_month, metric, metric_definition,
        active_count as numerator, n as denominator, n,
        {{ share_bound('active_count', 'n', 'z', '-') }} as ci_low,
        {{ share_bound('active_count', 'n', 'z', '+') }} as ci_high
    from sums
    inner join metrics on metric_definition like 'closed_cohort_%'
    {%- for prefix, (y, ceiling) in ratios.items() %}
    union all
    select
        scope, product_id, segment_scheme, segment, window_month, metric, metric_definition,
        {{ y }} as numerator, x as denominator, n,
        {%- for bound, sign in [('ci_low', '-'), ('ci_high', '+')] %}
        {{ ratio_bound(y, 'x', y ~ '_yy', y ~ '_xy', 'xx', 'n', 'z', sign, ceiling=ceiling) }}
            as {{ bound }}{{ ',' if not loop.last }}
        {%- endfor %}
    from sums
    inner join metrics on metric_definition like '{{ prefix }}%'
    {%- endfor %}
)

select
    scope, product_id, segment_scheme, segment, window_month as period_month, metric,
    metric_definition,
    numerator / nullif(cast(denominator as double precision), 0) as value,
    cast(numerator as double precision) as numerator,
    cast(denominator as double precision) as denominator,
    n,
    ci_low,
    ci_high,
    cast(null as {{ dbt.type_string() }}) as reason
from measured
