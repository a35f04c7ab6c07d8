{#- One segment rule in words: `industry in software`, `employees from 10 to below 100`. -#}
{% macro rule_text(attribute, operator, value_text, low, high) -%}
    case {{ operator }}
        when 'in' then {{ attribute }} || ' is ' || {{ value_text }}
        when 'otherwise' then {{ attribute }} || ' is known, and none of the others'
        else {{ attribute }}
            || coalesce(' from ' || {{ short_number(low) }}, '')
            || coalesce(' to below ' || {{ short_number(high) }}, '')
    end
{%- endmacro %}

{#- 100.0 -> 100, 0.25 -> 0.25 -#}
{% macro short_number(column) -%}
    case
        when {{ column }} = floor({{ column }})
            then cast(cast({{ column }} as bigint) as {{ dbt.type_string() }})
        else cast({{ column }} as {{ dbt.type_string() }})
    end
{%- endmacro %}
