{#- A share pulled towards its scheme's pooled share by as much as chance explains the differences
    between segments (beta-binomial, method of moments): (s + strength * pooled) / (n + strength).
    Where segments differ no more than chance, every segment gets the pooled share. -#}
{% macro shrunk_share(successes, trials, pooled, strength) -%}
    case
        when {{ strength }} is null then {{ pooled }}
        else ({{ successes }} + {{ strength }} * {{ pooled }}) / ({{ trials }} + {{ strength }})
    end
{%- endmacro %}

{#- The strength of the pull in trials (alpha + beta), from the scheme's sums: `groups` segments,
    `n` trials, `nn` the sum of squared trials, `spread` the sum of n * (p - pooled)^2. Null where
    the variance between segments is estimated at zero or less. -#}
{% macro prior_strength(groups, n, nn, spread, pooled) -%}
    {%- set chance = '(' ~ pooled ~ ' * (1 - ' ~ pooled ~ '))' -%}
    {%- set excess = '(' ~ spread ~ ' - ' ~ chance ~ ' * (' ~ groups ~ ' - 1))' -%}
    {%- set weight = '(' ~ n ~ ' - ' ~ nn ~ ' / ' ~ n ~ ' - (' ~ groups ~ ' - 1))' -%}
    case
        when {{ groups }} < 2 or {{ excess }} <= 0 or {{ weight }} <= 0 then null
        else greatest(0, {{ chance }} * {{ weight }} / {{ excess }} - 1)
    end
{%- endmacro %}
