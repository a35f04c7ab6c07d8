{#- definition, as its name begins: numerator -#}
{%- set gross = {'grr_point_': 'point', 'grr_running_min_': 'low'} -%}
with sums as (
    select
        sums.*,
        parameters.confidence_z as z
    from {{ ref('int_retention_sums') }} as sums
    inner join {{ ref('int_months') }} as months on sums.window_month = months.period_month
    cross join {{ ref('int_metric_parameters') }} as parameters
    where months.is_reported and sums.n > 0
),

net_sums as (
    select scope, product_id, segment_scheme, segment, window_month, n, z, x, xx, net as y,
        net_yy as yy, net_xy as xy, point as c, point_yy as cc, point_xy as xc
    from sums
),

net_bounded as (
    {{ with_growth_bounds('net_sums') }}
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
    {%- for prefix, y in gross.items() %}
    union all
    select
        scope, product_id, segment_scheme, segment, window_month, metric, metric_definition,
        {{ y }} as numerator, x as denominator, n,
        {%- for bound, sign in [('ci_low', '-'), ('ci_high', '+')] %}
        {{ ratio_bound(y, 'x', y ~ '_yy', y ~ '_xy', 'xx', 'n', 'z', sign, ceiling=1) }}
            as {{ bound }}{{ ',' if not loop.last }}
        {%- endfor %}
    from sums
    inner join metrics on metric_definition like '{{ prefix }}%'
    {%- endfor %}
    union all
    select
        scope, product_id, segment_scheme, segment, window_month, metric, metric_definition,
        y as numerator, x as denominator, n, growth_low as ci_low, growth_high as ci_high
    from net_bounded
    inner join metrics on metric_definition like 'nrr_cohort_%'
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
