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

{#- Those of `values` that `column` never has, as one text; null where it has all of them. An
    aggregate over the whole query. -#}
{% macro text_list_missing(column, values) -%}
    {%- set absent = [] -%}
    {%- for value in values -%}
        {%- do absent.append(
            "case when coalesce(max(case when " ~ column ~ " = '" ~ value
            ~ "' then 1 end), 0) = 0 then '" ~ value ~ "' end"
        ) -%}
    {%- endfor -%}
    {{ text_list(absent, ', ') }}
{%- endmacro %}
