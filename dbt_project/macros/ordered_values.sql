{#- Order statistics of a group, without sorting the rows of all groups at once: its values in one
    list, ascending; nulls are last or left out, so that a rank beyond the values is null. -#}
{% macro ordered_values(column) -%}
    {{ return(adapter.dispatch('ordered_values', 'icp')(column)) }}
{%- endmacro %}

{% macro default__ordered_values(column) -%}
    list_sort(list({{ column }}), 'asc', 'nulls last')
{%- endmacro %}

{% macro postgres__ordered_values(column) -%}
    array_agg({{ column }} order by {{ column }} asc nulls last)
{%- endmacro %}

{% macro spark__ordered_values(column) -%}
    array_sort(collect_list({{ column }}))
{%- endmacro %}

{#- The value of a rank in such a list; null for rank 0 and for one beyond the end. Never negative:
    that would count from the end. -#}
{% macro value_of_rank(values, rank) -%}
    {{ return(adapter.dispatch('value_of_rank', 'icp')(values, rank)) }}
{%- endmacro %}

{% macro default__value_of_rank(values, rank) -%}
    ({{ values }})[cast({{ rank }} as integer)]
{%- endmacro %}

{% macro spark__value_of_rank(values, rank) -%}
    try_element_at({{ values }}, nullif(cast({{ rank }} as int), 0))
{%- endmacro %}
