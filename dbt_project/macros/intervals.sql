{#- Intervals of shares, ratios, medians and counts. `z` is a column or number: the normal quantile
    of the confidence level (1.96 for 95%). Each gives null where there is nothing to judge. -#}

{#- Wilson score interval of a share; sign '-' is the lower bound, '+' the upper. -#}
{% macro share_bound(successes, trials, z, sign) -%}
    {%- set n = 'cast(nullif(' ~ trials ~ ', 0) as double precision)' -%}
    {%- set p = '(' ~ successes ~ ' / ' ~ n ~ ')' -%}
    (
        {{ p }} + {{ z }} * {{ z }} / (2 * {{ n }})
        {{ sign }} {{ z }} * sqrt(
            {{ p }} * (1 - {{ p }}) / {{ n }} + {{ z }} * {{ z }} / (4 * {{ n }} * {{ n }})
        )
    ) / (1 + {{ z }} * {{ z }} / {{ n }})
{%- endmacro %}

{#- Linearised interval of sum(y) / sum(x) over n members, from their sums of squares and products.
    Null below two members, and where all have the same ratio: without variation among the members
    seen, nothing says how much there is among the others. Never below `floor`
    nor above `ceiling`. -#}
{% macro ratio_bound(y, x, yy, xy, xx, n, z, sign, ceiling=none, floor=0) -%}
    {%- set r = '(' ~ y ~ ' / nullif(cast(' ~ x ~ ' as double precision), 0))' -%}
    {%- set residual = '(' ~ yy ~ ' - 2 * ' ~ r ~ ' * ' ~ xy ~ ' + ' ~ r ~ ' * ' ~ r ~ ' * '
        ~ xx ~ ')' -%}
    {%- set bound -%}
        greatest({{ floor }}, {{ r }} {{ sign }} {{ z }} * sqrt(
            {{ residual }} * {{ n }} / ({{ n }} - 1.0)
        ) / cast({{ x }} as double precision))
    {%- endset -%}
    case
        when {{ n }} < 2 or {{ r }} is null or {{ residual }} <= 1e-9 * {{ xx }} then null
        else {{ bound if ceiling is none else 'least(' ~ ceiling ~ ', ' ~ bound ~ ')' }}
    end
{%- endmacro %}

{#- Rank, from below, of the order statistic that bounds the median below; the upper bound has rank
    n + 1 minus this. Below 1 (fewer than 6 members at 95%) no order statistic is far enough. -#}
{% macro median_low_rank(n, z) -%}
    floor({{ n }} / 2.0 - {{ z }} * sqrt({{ n }}) / 2.0 + 0.5)
{%- endmacro %}

{#- Score interval of the mean of a Poisson count. -#}
{% macro count_bound(events, z, sign) -%}
    ({{ events }} + {{ z }} * {{ z }} / 2.0
        {{ sign }} {{ z }} * sqrt({{ events }} + {{ z }} * {{ z }} / 4.0))
{%- endmacro %}
