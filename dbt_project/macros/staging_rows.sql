{#- What every staging view shares: where a row came from and why it is not accepted. -#}
{% macro origin_columns() -%}
    _source as source_system,
        _file as source_file,
        _row as source_row,
        _loaded_at as loaded_at,
        coalesce(is_deleted, false) as is_deleted
{%- endmacro %}

{#- Rows as they were known at `known_at`: later loads neither add nor supersede any. -#}
{% macro is_known() -%}
    _loaded_at <= {{ known_at() }}
        and (_superseded_at is null or _superseded_at > {{ known_at() }})
{%- endmacro %}

{#- One `case` from (condition, reason) pairs: the first that holds is the reason, else null. -#}
{% macro reject_reason(rules) -%}
    cast(case
        {%- for condition, reason in rules %}
        when {{ condition }} then '{{ reason }}'
        {%- endfor %}
    end as {{ dbt.type_string() }})
{%- endmacro %}

{% macro missing_rules(columns) -%}
    {%- set rules = [] -%}
    {%- for column in columns -%}
        {%- do rules.append((column ~ ' is null', column ~ ' is missing or unreadable')) -%}
    {%- endfor -%}
    {{- return(rules) -}}
{%- endmacro %}

{% macro deleted_rule() -%}
    {{- return([('is_deleted', 'deleted at the source')]) -}}
{%- endmacro %}

{#- Of several current rows with one key, the latest by `order_by` (then by load) is kept. -#}
{% macro duplicate_rule(key, order_by=none) -%}
    {%- set latest = (order_by ~ ' desc nulls last, ') if order_by else '' -%}
    {{- return([(
        'row_number() over (partition by source_system, ' ~ key | join(', ')
        ~ ' order by ' ~ latest ~ 'loaded_at desc, source_file desc, source_row desc) > 1',
        'duplicate key'
    )]) -}}
{%- endmacro %}

{% macro future_rules(columns) -%}
    {%- set rules = [] -%}
    {%- for column in columns -%}
        {%- do rules.append((column ~ ' > ' ~ known_at(), column ~ ' is in the future')) -%}
    {%- endfor -%}
    {{- return(rules) -}}
{%- endmacro %}

{% macro negative_rules(columns) -%}
    {%- set rules = [] -%}
    {%- for column in columns -%}
        {%- do rules.append((column ~ ' < 0', column ~ ' is negative')) -%}
    {%- endfor -%}
    {{- return(rules) -}}
{%- endmacro %}

{% macro order_rule(start, end) -%}
    {{- return([(end ~ ' < ' ~ start, end ~ ' is before ' ~ start)]) -}}
{%- endmacro %}
