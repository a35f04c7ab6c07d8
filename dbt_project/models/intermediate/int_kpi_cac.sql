with reported as (
    select period_month from {{ ref('int_months') }} where is_reported
),

parameters as (
    select confidence_z as z from {{ ref('int_metric_parameters') }}
),

metrics as (
    select metric, metric_definition from {{ ref('int_kpi_metrics') }} where metric = 'cac'
),

measured as (
    select
        cac.scope, nullif(cac.product_key, '') as product_id, cac.segment_scheme, cac.segment,
        cac.period_month, metrics.metric, metrics.metric_definition, cac.missing_categories,
        cast(cac.spend as double precision) as spend,
        cac.logo_count as logos
    from {{ ref('int_segment_cac') }} as cac
    inner join reported on cac.period_month = reported.period_month
    inner join metrics on cac.metric_definition = metrics.metric_definition
    where cac.lag_definition = 'cac_lag0' and cac.segment <> 'existing_customers'
)

select
    scope, product_id, segment_scheme, segment, period_month, metric, metric_definition,
    case when missing_categories is null and spend > 0 then spend / nullif(logos, 0) end as value,
    spend as numerator,
    cast(logos as double precision) as denominator,
    logos as n,
    -- the spend is known, the count of wins is chance
    case when missing_categories is null and logos > 0 and spend > 0
        then spend / {{ count_bound('logos', 'z', '+') }} end as ci_low,
    case when missing_categories is null and logos > 0 and spend > 0
        then spend / {{ count_bound('logos', 'z', '-') }} end as ci_high,
    {{ cac_reason('missing_categories', 'segment', 'logos', 'spend') }} as reason
from measured
cross join parameters
