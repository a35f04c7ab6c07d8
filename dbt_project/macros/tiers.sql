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

{#- A sort key that puts scored tiers first, then unknown (U), then disqualified (X). -#}
{% macro tier_standing(tier) -%}
    case {{ tier }} when 'X' then 2 when 'U' then 1 else 0 end
{%- endmacro %}

{#- `tier`, but no better than C where a required criterion is not met; letters sort best first. -#}
{% macro capped_tier(tier) -%}
    case when required_unmet_count > 0 then greatest({{ tier }}, 'C') else {{ tier }} end
{%- endmacro %}
