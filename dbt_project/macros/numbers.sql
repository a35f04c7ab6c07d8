{#- A number as people write it: 250 rather than 250.0, otherwise one decimal. -#}
{% macro number_text(expression) -%}
    case
        when {{ expression }} = floor({{ expression }})
        then cast(cast({{ expression }} as bigint) as {{ dbt.type_string() }})
        else cast(cast({{ expression }} as numeric(18, 1)) as {{ dbt.type_string() }})
    end
{%- endmacro %}

{#- The texts that are not null, in order, with `separator` between them; null where all are. -#}
{% macro text_list(expressions, separator) -%}
    nullif(substring(
        {%- for expression in expressions %}
        coalesce('{{ separator }}' || {{ expression }}, '') {{ '||' if not loop.last }}
        {%- endfor %},
        {{ separator | length + 1 }}
    ), '')
{%- endmacro %}
