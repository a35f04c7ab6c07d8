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

{#- Kish's effective number of members: how many equal ones say as much as these unequal ones. -#}
{% macro effective_n(x, xx) -%}
    (cast({{ x }} as double precision) * {{ x }}
        / nullif(cast({{ xx }} as double precision), 0))
{%- endmacro %}

{#- Student's quantile at `degrees` (2 at least) of freedom from the normal one: its expansion by
    Cornish and Fisher, right to 1% from 5 degrees on. -#}
{% macro t_quantile(z, degrees) -%}
    {%- set v = 'greatest(2, ' ~ degrees ~ ')' -%}
    ({{ z }} + (power({{ z }}, 3) + {{ z }}) / (4.0 * {{ v }})
        + (5 * power({{ z }}, 5) + 16 * power({{ z }}, 3) + 3 * {{ z }}) / (96.0 * {{ v }} * {{ v }}))
{%- endmacro %}

{#- Interval of sum(y) / sum(x) over n members, from their sums of squares and products. x is the
    members' size; unequal sizes are worth fewer members (`effective_n`).

    ceiling=1: every member's own ratio lies in 0..1. Wilson's interval at the effective n: it also
    holds where few or none of the members seen have lost anything.
    floor=0: ratios without a ceiling. The linearised variance is taken to grow with the ratio (as
    for a count), so that the interval leans to the side on which values scatter.
    any other: ratios of either sign, linearised, symmetric, cut at `floor` and `ceiling`.
    The last two are null below two members, and where all have the same ratio: without variation
    among the members seen, nothing says how much there is among the others. -#}
{% macro ratio_bound(y, x, yy, xy, xx, n, z, sign, ceiling=none, floor=0) -%}
    {%- set r = '(' ~ y ~ ' / nullif(cast(' ~ x ~ ' as double precision), 0))' -%}
    {%- set residual = '(' ~ yy ~ ' - 2 * ' ~ r ~ ' * ' ~ xy ~ ' + ' ~ r ~ ' * ' ~ r ~ ' * '
        ~ xx ~ ')' -%}
    {%- if ceiling == 1 and floor == 0 -%}
    case when {{ r }} is not null then least(1, greatest(0, {{ share_bound(
        '(' ~ r ~ ' * ' ~ effective_n(x, xx) ~ ')', effective_n(x, xx), z, sign) }})) end
    {%- else -%}
    {%- set t = t_quantile(z, '(' ~ effective_n(x, xx) ~ ' - 1)') -%}
    {%- set variance = '(' ~ residual ~ ' * ' ~ n ~ ' / (' ~ n ~ ' - 1.0) / cast(' ~ x
        ~ ' as double precision) / ' ~ x ~ ')' -%}
    case
        when {{ n }} < 2 or {{ r }} is null or {{ residual }} <= 1e-9 * {{ xx }} then null
        {%- if floor == 0 %}
        else greatest(0, {{ r }} {{ leaning_step(r, variance, t, sign) }})
        {%- else %}
        {%- set bound = r ~ ' ' ~ sign ~ ' ' ~ t ~ ' * sqrt(' ~ variance ~ ')' %}
        {%- set floored = bound if floor is none else 'greatest(' ~ floor ~ ', ' ~ bound ~ ')' %}
        else {{ floored if ceiling is none else 'least(' ~ ceiling ~ ', ' ~ floored ~ ')' }}
        {%- endif %}
    end
    {%- endif -%}
{%- endmacro %}

{#- From a positive estimate to the bound at which it would be `t` standard errors off, the variance
    being proportional to the value (a score interval; for a count, `count_bound`). -#}
{% macro leaning_step(estimate, variance, t, sign) -%}
    {%- set scatter = '(' ~ variance ~ ' / nullif(' ~ estimate ~ ', 0))' -%}
    + {{ t }} * {{ t }} * {{ scatter }} / 2.0
        {{ sign }} {{ t }} * sqrt(
            {{ variance }} + {{ t }} * {{ t }} * {{ scatter }} * {{ scatter }} / 4.0)
{%- endmacro %}

{#- Bound of what flows per day: sum(y) of the members that came, over their typical number of days
    with its own interval (null: none); `value` is that quotient times any constant.

    How many come is chance too, so the sum has the score interval of a compound Poisson sum, with
    Student's quantile at the effective number of members. Sum and days are put together on the log
    scale by the method of variance estimates recovery (Zou and Donner 2008), as if independent. -#}
{% macro flow_bound(value, y, yy, days, days_low, days_high, z, sign) -%}
    {%- set opposite = days_high if sign == '-' else days_low -%}
    {%- set t = t_quantile(z, '(' ~ effective_n(y, yy) ~ ' - 1)') -%}
    {%- set total = '(' ~ y ~ ' ' ~ leaning_step(y, yy, t, sign) ~ ')' -%}
    case when {{ y }} > 0 and {{ days_low }} > 0 and {{ days_high }} > 0
        then {{ value }} * exp(0 {{ sign }} sqrt(
            power(ln({{ total }} / {{ y }}), 2)
            + power(ln({{ opposite }} / cast({{ days }} as double precision)), 2)
        ))
    end
{%- endmacro %}

{#- A query that gives `sums` with the interval of net retention, sum(closing) / sum(opening), in
    columns growth_low, growth_high; it reads n, z and, per member summed, x = opening, y = closing,
    c = the lesser of both, and xx, xy, xc, yy, cc.

    What was kept (c, at most all of it) and what was added (y - c, without a limit) err in their
    own ways: each has the interval of its kind and the two are put together by the method of
    variance estimates recovery (Zou and Donner 2008). Null where nothing grew: how much could have
    is then unknown. -#}
{% macro with_growth_bounds(sums) -%}
    select
        *,
        case when added > 1e-9 and n > 1
            then kept + added - sqrt(power(kept_down, 2) + power(added_down, 2)
                + 2 * correlation * kept_down * added_down)
        end as growth_low,
        case when added > 1e-9 and n > 1
            then kept + added + sqrt(power(kept_up, 2) + power(added_up, 2)
                + 2 * correlation * kept_up * added_up)
        end as growth_high
    from (
        select
            *,
            kept - ({{ share_bound('(kept * weight)', 'weight', 'z', '-') }}) as kept_down,
            ({{ share_bound('(kept * weight)', 'weight', 'z', '+') }}) - kept as kept_up,
            added - greatest(0, added {{ leaning_step('added', 'variance', 't', '-') }})
                as added_down,
            0 {{ leaning_step('added', 'variance', 't', '+') }} as added_up,
            case when kept_scatter * added_scatter > 1e-9
                -- only where both tend to fall together is the sum less sure than its parts
                then greatest(0, common_scatter / sqrt(kept_scatter * added_scatter)) else 0
            end as correlation
        from (
            select
                *,
                added_scatter * n / nullif(n - 1.0, 0) / x / x as variance,
                {{ t_quantile('z', '(weight - 1)') }} as t
            from (
                select
                    *,
                    greatest(0, cc - 2 * kept * xc + kept * kept * xx) as kept_scatter,
                    -- who grew kept all: the product of both parts is x times what was added
                    greatest(0, yy - cc - 2 * (xy - xc) - 2 * added * (xy - xc)
                        + added * added * xx) as added_scatter,
                    (xy - xc) * (1 - kept) - added * xc + kept * added * xx as common_scatter
                from (
                    select
                        *,
                        c / nullif(cast(x as double precision), 0) as kept,
                        (y - c) / nullif(cast(x as double precision), 0) as added,
                        {{ effective_n('x', 'xx') }} as weight
                    from {{ sums }}
                ) as ratios
            ) as scattered
        ) as weighed
    ) as stepped
{%- endmacro %}

{#- Rank, from below, of the order statistic that bounds the median below; the upper bound has rank
    n + 1 minus this. Below 1 (fewer than 6 members at 95%) no order statistic is far enough. -#}
{% macro median_low_rank(n, z) -%}
    floor({{ n }} / 2.0 - {{ z }} * sqrt({{ n }}) / 2.0 + 0.5)
{%- endmacro %}

{#- Rank, from below, of the order statistic that bounds the quantile `share` on the side of `sign`;
    below 1 or above n no order statistic is far enough. -#}
{% macro quantile_rank(n, share, z, sign) -%}
    {{ 'floor' if sign == '-' else 'ceil' }}(
        {{ n }} * {{ share }} {{ sign }} {{ z }} * sqrt({{ n }} * {{ share * (1 - share) }}) + 0.5
    )
{%- endmacro %}

{#- Score interval of the mean of a Poisson count. -#}
{% macro count_bound(events, z, sign) -%}
    ({{ events }} + {{ z }} * {{ z }} / 2.0
        {{ sign }} {{ z }} * sqrt({{ events }} + {{ z }} * {{ z }} / 4.0))
{%- endmacro %}
