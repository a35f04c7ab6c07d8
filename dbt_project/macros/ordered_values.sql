{#- Order statistics of a group, without sorting the rows of all groups at once: its values in one
    ascending list, nulls left out. -#}
{% macro ordered_values(column) -%}
    {{ return(adapter.dispatch('ordered_values', 'icp')(column)) }}
{%- endmacro %}

{% macro default__ordered_values(column) -%}
    list_sort(list({{ column }}) filter (where {{ column }} is not null))
{%- endmacro %}

{% macro postgres__ordered_values(column) -%}
    array_agg({{ column }} order by {{ column }}) filter (where {{ column }} is not null)
{%- endmacro %}

{% macro spark__ordered_values(column) -%}
    array_sort(collect_list({{ column }}))
{%- endmacro %}

{#- The value of a rank, from 1, in such a list; null for a rank outside of it. -#}
{% macro value_of_rank(values, rank) -%}
    {{ return(adapter.dispatch('value_of_rank', 'icp')(values, rank)) }}
{%- endmacro %}

{% macro default__value_of_rank(values, rank) -%}
    case when {{ rank }} >= 1 then ({{ values }})[cast({{ rank }} as integer)] end
{%- endmacro %}

{% macro spark__value_of_rank(values, rank) -%}
    case when {{ rank }} >= 1 then try_element_at({{ values }}, cast({{ rank }} as int)) end
{%- endmacro %}
