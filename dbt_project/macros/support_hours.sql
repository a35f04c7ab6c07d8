{#- The weekday of a date, 1 to 7 from Monday: 1 January 1900 was one. -#}
{% macro weekday(day) -%}
    ({{ days_between("cast('1900-01-01' as date)", day) }} % 7 + 1)
{%- endmacro %}

{#- Minutes that support was open from the beginning of the calendar until a time of that row's day:
    `days` is an alias of int_support_days. -#}
{% macro open_minutes_until(time, days) -%}
    ({{ days }}.minutes_before + case
        when {{ days }}.opens_at is null or {{ time }} <= {{ days }}.opens_at then 0
        else least({{ minutes_between(days ~ '.opens_at', time) }}, {{ days }}.open_minutes)
    end)
{%- endmacro %}
