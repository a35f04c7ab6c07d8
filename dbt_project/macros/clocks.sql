{#- The two clocks of a run, as typed literals. No model reads the machine's clock. -#}
{% macro required_var(name) -%}
    {%- set value = run_value(name) -%}
    {%- if execute and value == '' -%}
        {{ exceptions.raise_compiler_error(
            "The variable " ~ name ~ " is not set. Pass it: dbt build --vars '{known_at: 2030-01-31"
            ~ " 06:00:00, as_of_date: 2030-01-31}' (icp run does this for you).") }}
    {%- endif -%}
    {{- return(value | string if value else '2000-01-01') -}}
{%- endmacro %}

{#- A variable of this run: `--vars`, else the environment (ICP_AS_OF_DATE, ICP_USAGE_START ...).
    dbt parses the whole project again when --vars differ, and ours differ at every run; an
    environment variable that is read only at execution costs nothing. -#}
{% macro run_value(name) -%}
    {%- set value = var(name, '') or '' -%}
    {%- if execute and value == '' -%}
        {%- set value = env_var('ICP_' ~ name | upper, '') -%}
    {%- endif -%}
    {{- return(value) -}}
{%- endmacro %}

{% macro known_at() -%}
    cast('{{ required_var("known_at") }}' as timestamp)
{%- endmacro %}

{% macro as_of_date() -%}
    cast('{{ required_var("as_of_date") }}' as date)
{%- endmacro %}

{% macro as_of_month() -%}
    cast('{{ required_var("as_of_date")[:7] }}-01' as date)
{%- endmacro %}
