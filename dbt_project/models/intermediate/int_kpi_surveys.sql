with answers as (
    select scope, product_id, survey_type, weighting, customer_id, period_month, segment_date,
        weight as x, weight * points as y
    from {{ ref('int_survey_observations') }}
    -- satisfaction is a share of those who rated; only recommendation is also told by account
    where survey_type = 'nps' or weighting = 'responses'
),

parameters as (
    select confidence_z as z from {{ ref('int_metric_parameters') }}
),

metrics as (
    select metric, metric_definition, kind from {{ ref('int_kpi_metrics') }}
    where needs = 'surveys'
),

members as (
    {{ with_segments('answers', 'customer_id') }}
),

sums as (
    select
        scope, product_id, segment_scheme, segment, period_month, survey_type, weighting,
        count(*) as n,
        sum(x) as x,
        sum(y) as y,
        sum(x * x) as xx,
        sum(x * y) as xy,
        sum(y * y) as yy
    from members
    group by scope, product_id, segment_scheme, segment, period_month, survey_type, weighting
)

select
    sums.scope, sums.product_id, sums.segment_scheme, sums.segment, sums.period_month,
    metrics.metric,
    metrics.metric_definition,
    sums.y / nullif(sums.x, 0) as value,
    sums.y as numerator,
    sums.x as denominator,
    sums.n,
    {%- for bound, sign in [('ci_low', '-'), ('ci_high', '+')] %}
    case metrics.kind
        when 'share' then {{ share_bound('sums.y', 'sums.n', 'parameters.z', sign) }}
        else {{ ratio_bound('sums.y', 'sums.x', 'sums.yy', 'sums.xy', 'sums.xx', 'sums.n',
            'parameters.z', sign, ceiling=100, floor=-100) }}
    end as {{ bound }},
    {%- endfor %}
    cast(null as {{ dbt.type_string() }}) as reason
from sums
cross join parameters
inner join metrics
    on sums.survey_type = metrics.metric
    and (metrics.metric = 'csat' or metrics.metric_definition like sums.weighting || '%')
