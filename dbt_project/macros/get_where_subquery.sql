{#- dbt's own, plus one word that a test's `where` may use: `__usage_days__` is the days that this
    run rewrites (all of them where it rewrites all), so that tests of big tables cost what the day
    cost and not what history costs. -#}
{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where', '') -%}
    {%- if not where -%}{{- return(relation) -}}{%- endif -%}
    {%- set condition = where | replace('__usage_days__', usage_days_tested()) -%}
    {{- return('(select * from ' ~ relation ~ ' where ' ~ condition ~ ') as dbt_subquery') -}}
{%- endmacro %}
