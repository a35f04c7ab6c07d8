{#- The rows of a share for `segment_kpis`, with Wilson's interval. Reads the CTEs `sums` (a row a
    cell, with the columns `successes` and `trials`), `parameters` (z) and `metrics` (one row). -#}
{% macro share_rows(successes, trials) -%}
    {%- set y = 'sums.' ~ successes -%}
    {%- set n = 'sums.' ~ trials -%}
select
    sums.scope, sums.product_id, sums.segment_scheme, sums.segment, sums.period_month,
    metrics.metric,
    metrics.metric_definition,
    {{ y }} / nullif(cast({{ n }} as double precision), 0) as value,
    cast({{ y }} as double precision) as numerator,
    cast({{ n }} as double precision) as denominator,
    {{ n }} as n,
    {{ share_bound(y, n, 'parameters.z', '-') }} as ci_low,
    {{ share_bound(y, n, 'parameters.z', '+') }} as ci_high,
    cast(null as {{ dbt.type_string() }}) as reason
from sums
cross join parameters
cross join metrics
{%- endmacro %}
