{#- The months in which somebody worked on a deal, [from, to): from the one in which it was created
    to the one in which it was closed, but no longer than `longest` months: who forgets to close a
    deal does not work on it for years. Open deals run to the as-of month; a deal of which only the
    close is known was worked on in that month. -#}
{% macro worked_from_month(created_at, closed_at) -%}
    {{ month_start('coalesce(' ~ created_at ~ ', ' ~ closed_at ~ ')') }}
{%- endmacro %}

{% macro worked_to_month(created_at, closed_at, longest) -%}
    least(
        {{ add_months(
            "coalesce(" ~ month_start(closed_at) ~ ", " ~ as_of_month() ~ ")", 1) }},
        {{ add_months(month_start(created_at), longest) }}
    )
{%- endmacro %}
