{#- The months in which somebody worked on a deal, [from, to): from the one in which it was created
    to the one in which it was closed, but no longer than `longest` months: who forgets to close a
    deal does not work on it for years. Open deals run to the as-of month; a deal of which only the
    close is known was worked on in that month. Both are dates. -#}
{% macro worked_from_month(created_on, closed_on) -%}
    {{ month_start('coalesce(' ~ created_on ~ ', ' ~ closed_on ~ ')') }}
{%- endmacro %}

{% macro worked_to_month(created_on, closed_on, longest) -%}
    least(
        {{ add_months(
            "coalesce(" ~ month_start(closed_on) ~ ", " ~ as_of_month() ~ ")", 1) }},
        {{ add_months(month_start(created_on), longest) }}
    )
{%- endmacro %}

{#- The deals by which spend is shared among products: who sells works on all of them, media bring
    those of type new. -#}
{% macro spend_shared_by(deals) -%}
    case totals.is_selling
        when 1 then {{ deals }}.new_count + {{ deals }}.other_count
        else {{ deals }}.sought_count
    end
{%- endmacro %}
