{#- After a table is made: what the engine's planner has to know of it, where it does not measure
    tables itself. Postgres would plan the models that follow as if a new table held a few rows. -#}
{% macro statistics() -%}
    {{ return(adapter.dispatch('statistics', 'icp')()) }}
{%- endmacro %}

{% macro default__statistics() -%}{%- endmacro %}

{% macro postgres__statistics() -%}
    {%- if config.get('materialized') != 'view' -%} analyze {{ this }} {%- endif -%}
{%- endmacro %}
