{#- Maximum likelihood by a grid that is laid again, finer, around its best point. Its axes hardly
    depend on one another, or a coarse grid would lead astray: x moves the odds of leaving in the
    mean period away from those observed, y is the log of beta. -#}
{%- set cell = 'scope, product_key, segment_scheme, segment' -%}
{%- set refinements = 14 -%}
{%- set shrink = 0.5 -%}
with observations as (
    select * from {{ ref('int_sbg_observations') }}
),

parameters as (
    select min_n from {{ ref('int_metric_parameters') }}
),

judged as (
    select
        {{ cell }},
        row_number() over (order by {{ cell }}) as cell_number,
        max(case when period_number = 1 then at_risk_count end) as n,
        sum(lost_count) as lost_count,
        max(period_number) as period_count,
        sum(lost_count) / nullif(cast(sum(at_risk_count - lost_count) as double precision), 0)
            as mean_odds,
        sum(at_risk_count * (period_number - 1)) / cast(sum(at_risk_count) as double precision)
            as mean_period,
        {{ sbg_reason(
            'max(case when period_number = 1 then at_risk_count end)', 'max(parameters.min_n)',
            'sum(lost_count)', 'max(period_number)'
        ) }} as reason
    from observations
    cross join parameters
    group by {{ cell }}
),

-- likelihood of the hazards alpha / (alpha + beta + t - 1) of every period, as a sum over periods
exposed as (
    select
        judged.cell_number,
        judged.mean_odds,
        judged.mean_period,
        cast(observations.period_number - 1 as double precision) as earlier_periods,
        cast(observations.at_risk_count as double precision) as at_risk,
        cast(observations.lost_count as double precision) as lost
    from observations
    inner join judged
        on observations.scope = judged.scope
        and observations.product_key = judged.product_key
        and observations.segment_scheme = judged.segment_scheme
        and observations.segment = judged.segment
        and judged.reason is null
),

points_0 as (
    select (rows_of.n - 6.0) / 4.0 as x, columns_of.n - 5.0 as y
    from ({{ number_series(13) }}) as rows_of
    cross join ({{ number_series(21) }}) as columns_of
),

best_0 as {{ materialized() }} (
    {{ sbg_best_points('exposed cross join points_0 as points') }}
),

offsets as (
    select rows_of.n - 4.0 as x, columns_of.n - 4.0 as y
    from ({{ number_series(9) }}) as rows_of
    cross join ({{ number_series(9) }}) as columns_of
),

{% for level in range(1, refinements + 1) -%}
points_{{ level }} as (
    select
        best.cell_number,
        best.x + offsets.x / 4.0 * {{ shrink ** level }} as x,
        best.y + offsets.y * {{ shrink ** level }} as y
    from best_{{ level - 1 }} as best
    cross join offsets
),

best_{{ level }} as {{ materialized() }} (
    {{ sbg_best_points(
        'exposed inner join points_' ~ level
        ~ ' as points on exposed.cell_number = points.cell_number'
    ) }}
),

{% endfor -%}
fitted as (
    select cell_number, exp(y) as beta, log_likelihood, x from best_{{ refinements }}
)

select
    judged.scope, judged.product_key, judged.segment_scheme, judged.segment,
    cast(judged.n as bigint) as n,
    cast(judged.lost_count as bigint) as lost_count,
    judged.period_count,
    {{ sbg_alpha('fitted.x', 'fitted.beta', 'judged.mean_odds', 'judged.mean_period') }} as alpha,
    fitted.beta,
    fitted.log_likelihood,
    judged.reason
from judged
left join fitted on judged.cell_number = fitted.cell_number
