{#- The shifted-beta-geometric model of Fader and Hardie (2007): each customer leaves with a chance
    of its own per period, beta-distributed over customers; who stays is who leaves less easily. -#}

{#- Why no parameters can be estimated; null where they can. -#}
{% macro sbg_reason(customers, min_n, lost, periods) -%}
    case
        when coalesce({{ customers }}, 0) < {{ min_n }} then 'fewer customers than min_n'
        when {{ lost }} = 0 then 'nobody has left yet'
        when {{ periods }} < 2 then 'nobody was followed for two periods'
    end
{%- endmacro %}

{#- Alpha, given beta, such that the odds of leaving after `mean_period` periods are exp(x) times
    `mean_odds`. -#}
{% macro sbg_alpha(x, beta, mean_odds, mean_period) -%}
    exp({{ x }}) * {{ mean_odds }} * ({{ beta }} + {{ mean_period }})
{%- endmacro %}

{#- Per cell the most likely point of `exposed_points`, a join of `exposed` (cell_number, mean_odds,
    mean_period, earlier_periods, at_risk, lost) and `points` (x, y). The chance of leaving in a
    period is alpha / (alpha + beta + earlier_periods). -#}
{% macro sbg_best_points(exposed_points) -%}
    select cell_number, x, y, log_likelihood
    from (
        select
            *,
            row_number() over (
                partition by cell_number order by log_likelihood desc, x, y
            ) as position
        from (
            select
                cell_number,
                x,
                y,
                sum(
                    lost * ln(alpha) + (at_risk - lost) * ln(beta + earlier_periods)
                    - at_risk * ln(alpha + beta + earlier_periods)
                ) as log_likelihood
            from (
                select
                    exposed.cell_number, exposed.earlier_periods, exposed.at_risk, exposed.lost,
                    points.x,
                    points.y,
                    exp(points.y) as beta,
                    {{ sbg_alpha(
                        'points.x', 'exp(points.y)', 'exposed.mean_odds', 'exposed.mean_period'
                    ) }} as alpha
                from {{ exposed_points }}
            ) as tried
            group by cell_number, x, y
        ) as likelihoods
    ) as ranked
    where position = 1
{%- endmacro %}

{#- Says that a CTE is computed once: planners that merge a long chain of CTEs into one query take
    longer to plan it than to run it. -#}
{% macro materialized() -%}
    {{ return(adapter.dispatch('materialized', 'icp')()) }}
{%- endmacro %}

{% macro default__materialized() -%}
    materialized
{%- endmacro %}

{% macro spark__materialized() -%}
{%- endmacro %}
