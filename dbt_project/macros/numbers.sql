{#- A number as people write it: 250 rather than 250.0, otherwise one decimal. -#}
{% macro number_text(expression) -%}
    case
        when {{ expression }} = floor({{ expression }})
        then cast(cast({{ expression }} as bigint) as {{ dbt.type_string() }})
        else cast(cast({{ expression }} as numeric(18, 1)) as {{ dbt.type_string() }})
    end
{%- endmacro %}

{#- A number rounded to `digits` decimals, halves away from zero, in double precision. -#}
{% macro rounded(expression, digits) -%}
    {{ return(adapter.dispatch('rounded', 'icp')(expression, digits)) }}
{%- endmacro %}

{% macro default__rounded(expression, digits) -%}
    round({{ expression }}, {{ digits }})
{%- endmacro %}

{#- Postgres rounds numerics alone to decimals, and a cast to one may decide another half. -#}
{% macro postgres__rounded(expression, digits) -%}
    (
        sign({{ expression }}) * floor(abs({{ expression }}) * 1e{{ digits }} + 0.5)
        / cast(1e{{ digits }} as double precision)
    )
{%- endmacro %}

{#- An amount of money to the cent, from a double: the half cent that 1/12 of an annual price so often
    ends on must fall alike on every engine. -#}
{% macro money(expression) -%}
    {{ return(adapter.dispatch('money', 'icp')(expression)) }}
{%- endmacro %}

{% macro default__money(expression) -%}
    cast({{ expression }} as numeric(18, 2))
{%- endmacro %}

{#- Postgres goes by the first 15 digits of a double, so that a hair below a half rounds up. -#}
{% macro postgres__money(expression) -%}
    cast({{ rounded(expression, 2) }} as numeric(18, 2))
{%- endmacro %}

{#- `share` (between 0 and 1, neither of them) to the power of exp(`log_exponent`). Some engines refuse
    a result that is too small for a double instead of giving zero; so small is zero here too. Null
    where `known`, of which the exponent is made, is: least() and greatest() pass over nulls. -#}
{% macro share_to_power_of_exp(share, log_exponent, known) -%}
    case when {{ known }} is not null then power({{ share }}, least(
        exp(greatest(-600, least(600, {{ log_exponent }}))), 600 / nullif(-ln({{ share }}), 0)
    )) end
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
