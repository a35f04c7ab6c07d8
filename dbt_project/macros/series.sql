{#- A query of integers 0 .. count-1 in column `n`; `count` is a number known when compiling. -#}
{% macro number_series(count) -%}
    {{ return(adapter.dispatch('number_series', 'icp')(count)) }}
{%- endmacro %}

{% macro default__number_series(count) -%}
    select cast(number as integer) as n from generate_series(0, {{ count }} - 1) as series(number)
{%- endmacro %}

{% macro spark__number_series(count) -%}
    select cast(id as integer) as n from range(0, {{ count }})
{%- endmacro %}

{#- A query of every month start in column `period_month`, from `start_date` (literal, default
    30 years back) to the as-of month, both included. -#}
{% macro month_spine(months=360) -%}
    select {{ add_months(as_of_month(), '-1 * n') }} as period_month
    from ({{ number_series(months) }}) as numbers
{%- endmacro %}

{#- A query of the `days` days that end with the as-of date, in column `day`. -#}
{% macro day_spine(days) -%}
    select {{ add_days(as_of_date(), '-1 * n') }} as day
    from ({{ number_series(days) }}) as numbers
{%- endmacro %}
