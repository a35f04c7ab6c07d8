{#- The tier that a number of points reaches; needs the columns min_a, min_b and min_c of `cutoffs`.
    Below all of them is D. -#}
{% macro tier_of(points) -%}
    case
        when {{ points }} >= cutoffs.min_a then 'A'
        when {{ points }} >= cutoffs.min_b then 'B'
        when {{ points }} >= cutoffs.min_c then 'C'
        else 'D'
    end
{%- endmacro %}
