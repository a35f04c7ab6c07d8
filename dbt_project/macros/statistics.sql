{#- Aggregates and intervals that engines spell differently. -#}
{% macro percentile(expression, share) -%}
    {{ return(adapter.dispatch('percentile', 'icp')(expression, share)) }}
{%- endmacro %}

{% macro default__percentile(expression, share) -%}
    percentile_cont({{ share }}) within group (order by {{ expression }})
{%- endmacro %}

{% macro duckdb__percentile(expression, share) -%}
    quantile_cont({{ expression }}, {{ share }})
{%- endmacro %}

{% macro spark__percentile(expression, share) -%}
    percentile({{ expression }}, {{ share }})
{%- endmacro %}

{% macro median(expression) -%}
    {{ percentile(expression, 0.5) }}
{%- endmacro %}

{#- 95% Wilson score interval of a share; null where there are no trials. -#}
{% macro wilson_bound(successes, trials, sign) -%}
    {%- set z = 1.959963984540054 -%}
    {%- set n = 'cast(' ~ trials ~ ' as double precision)' -%}
    {%- set p = '(' ~ successes ~ ' / nullif(' ~ n ~ ', 0))' -%}
    (({{ p }} + {{ z * z }} / (2 * nullif({{ n }}, 0))
        {{ sign }} {{ z }} * sqrt(
            ({{ p }} * (1 - {{ p }}) + {{ z * z }} / (4 * nullif({{ n }}, 0))) / nullif({{ n }}, 0)
        )) / (1 + {{ z * z }} / nullif({{ n }}, 0)))
{%- endmacro %}

{% macro wilson_low(successes, trials) -%}
    {{ wilson_bound(successes, trials, '-') }}
{%- endmacro %}

{% macro wilson_high(successes, trials) -%}
    {{ wilson_bound(successes, trials, '+') }}
{%- endmacro %}
