{#- The segment of a crossed scheme; unknown as soon as one side is. -#}
{% macro crossed_segment(first_segment, second_segment) -%}
    case
        when {{ first_segment }} = 'unknown' or {{ second_segment }} = 'unknown' then 'unknown'
        else {{ first_segment }} || ' x ' || {{ second_segment }}
    end
{%- endmacro %}
