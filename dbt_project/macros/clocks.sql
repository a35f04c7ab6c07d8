{#- The two clocks of a run, as typed literals. No model reads the machine's clock.

    A value comes from `--vars` or, for a dbt subprocess, from ICP_<NAME> in the environment: dbt
    parses the whole project again when a variable differs, but not when the environment does. -#}
{% macro run_value(name) -%}
    {%- set value = var(name, '') or '' -%}
    {%- if execute and value == '' -%}
        {%- set value = env_var('ICP_' ~ name | upper, '') -%}
    {%- endif -%}
    {{- return(value | string) -}}
{%- endmacro %}

{% macro required_run_value(name) -%}
    {%- set value = run_value(name) -%}
    {%- if execute and value == '' -%}
        {{ exceptions.raise_compiler_error(
            "The variable " ~ name ~ " is not set. Pass it: dbt build --vars '{known_at: 2030-01-31"
            ~ " 06:00:00, as_of_date: 2030-01-31}' (icp run does this for you).") }}
    {%- endif -%}
    {{- return(value or '2000-01-01') -}}
{%- endmacro %}

{% macro known_at() -%}
    cast('{{ required_run_value("known_at") }}' as timestamp)
{%- endmacro %}

{% macro as_of_date() -%}
    cast('{{ required_run_value("as_of_date") }}' as date)
{%- endmacro %}

{% macro as_of_month() -%}
    cast('{{ required_run_value("as_of_date")[:7] }}-01' as date)
{%- endmacro %}
