{%- set scheme -%}
    partition by scope, product_key, segment_scheme, period_month, metric_definition
{%- endset -%}
with shares as (
    select
        kpi.scope,
        coalesce(kpi.product_id, '') as product_key,
        kpi.segment_scheme,
        kpi.segment,
        kpi.period_month,
        kpi.metric_definition,
        kpi.numerator,
        kpi.denominator
    from {{ ref('int_kpi_values') }} as kpi
    inner join {{ ref('int_kpi_metrics') }} as metrics
        on kpi.metric_definition = metrics.metric_definition
    where metrics.kind = 'share' and kpi.denominator > 0
),

pooled as (
    select
        *,
        sum(numerator) over ({{ scheme }}) / sum(denominator) over ({{ scheme }}) as pooled_share
    from shares
),

schemes as (
    select
        scope,
        product_key,
        segment_scheme,
        period_month,
        metric_definition,
        max(pooled_share) as pooled_share,
        count(*) as segment_count,
        sum(denominator) as n,
        sum(denominator * denominator) as nn,
        sum(denominator * power(numerator / denominator - pooled_share, 2)) as spread
    from pooled
    group by scope, product_key, segment_scheme, period_month, metric_definition
),

priors as (
    select
        *,
        {{ prior_strength('segment_count', 'n', 'nn', 'spread', 'pooled_share') }} as strength
    from schemes
)

select
    shares.scope,
    shares.product_key,
    shares.segment_scheme,
    shares.segment,
    shares.period_month,
    shares.metric_definition,
    {{ shrunk_share(
        'shares.numerator', 'shares.denominator', 'priors.pooled_share', 'priors.strength'
    ) }} as shrunk_value
from shares
inner join priors
    on shares.scope = priors.scope
    and shares.product_key = priors.product_key
    and shares.segment_scheme = priors.segment_scheme
    and shares.period_month = priors.period_month
    and shares.metric_definition = priors.metric_definition
