{#- Date arithmetic that gives dates (dbt's own gives timestamps on some engines). -#}
{% macro add_days(day, count) -%}
    cast({{ dbt.dateadd('day', count, day) }} as date)
{%- endmacro %}

{% macro add_months(day, count) -%}
    cast({{ dbt.dateadd('month', count, day) }} as date)
{%- endmacro %}

{% macro month_start(day) -%}
    cast({{ dbt.date_trunc('month', day) }} as date)
{%- endmacro %}

{% macro days_between(start, end) -%}
    {{ dbt.datediff(start, end, 'day') }}
{%- endmacro %}

{% macro months_between(start, end) -%}
    {{ dbt.datediff(start, end, 'month') }}
{%- endmacro %}

{#- Elapsed minutes with their fraction; datediff would count clock boundaries. -#}
{% macro minutes_between(start, end) -%}
    {{ return(adapter.dispatch('minutes_between', 'icp')(start, end)) }}
{%- endmacro %}

{% macro default__minutes_between(start, end) -%}
    (
        cast(extract(epoch from ({{ end }})) as double precision)
        - cast(extract(epoch from ({{ start }})) as double precision)
    ) / 60.0
{%- endmacro %}

{% macro spark__minutes_between(start, end) -%}
    (unix_timestamp({{ end }}) - unix_timestamp({{ start }})) / 60.0
{%- endmacro %}
