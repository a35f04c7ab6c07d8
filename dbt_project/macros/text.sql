{#- Text as people typed it -> text that can be compared. -#}
{% macro clean_text(column) -%}
    nullif(trim({{ column }}), '')
{%- endmacro %}

{#- The key of a person: an e-mail address becomes a code that names nobody to a reader. Equal
    addresses stay equal, in any spelling of theirs, so rows of one person still belong together. -#}
{% macro person_key(column) -%}
    case
        when {{ column }} like '%@%' then 'person-' || left(md5(lower(trim({{ column }}))), 16)
        else {{ clean_text(column) }}
    end
{%- endmacro %}

{% macro clean_category(column) -%}
    nullif(lower(trim({{ column }})), '')
{%- endmacro %}

{% macro clean_code(column) -%}
    nullif(upper(trim({{ column }})), '')
{%- endmacro %}

{#- Two-letter codes in capitals, names as they are. -#}
{% macro clean_country(column) -%}
    case
        when length(trim({{ column }})) = 2 then upper(trim({{ column }}))
        else {{ clean_text(column) }}
    end
{%- endmacro %}

{#- `https://www.Acme.example/x` and `sales@acme.example` -> `acme.example`. -#}
{% macro clean_domain(column) -%}
    nullif({{ regex_replace(
        regex_replace('lower(trim(' ~ column ~ '))', '^([a-z]+://)?([^@/]*@)?(www[.])?', ''),
        '[/:?#].*$', '') }}, '')
{%- endmacro %}

{% macro regex_replace(expression, pattern, replacement) -%}
    regexp_replace({{ expression }}, '{{ pattern }}', '{{ replacement }}')
{%- endmacro %}

{#- The number in a text, or null. -#}
{% macro try_number(expression) -%}
    {{ return(adapter.dispatch('try_number', 'icp')(expression)) }}
{%- endmacro %}

{% macro default__try_number(expression) -%}
    try_cast({{ expression }} as double)
{%- endmacro %}

{% macro postgres__try_number(expression) -%}
    case when {{ expression }} ~ '^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$'
        then cast({{ expression }} as double precision) end
{%- endmacro %}

{#- All values of a group in one text, ordered, ', ' between them. -#}
{% macro join_texts(expression, order_by) -%}
    {{ return(adapter.dispatch('join_texts', 'icp')(expression, order_by)) }}
{%- endmacro %}

{% macro default__join_texts(expression, order_by) -%}
    string_agg({{ expression }}, ', ' order by {{ order_by }})
{%- endmacro %}
