with observations as (
    select * from {{ ref('int_retention_observations') }}
),

parameters as (
    select confidence_z as z from {{ ref('int_metric_parameters') }}
),

metrics as (
    select metric, metric_definition from {{ ref('int_kpi_metrics') }}
),

members as (
    {{ with_segments('observations', 'customer_id') }}
),

amounts as (
    select
        scope, product_id, segment_scheme, segment, period_month,
        cast(opening_mrr as double precision) as opening,
        cast(closing_mrr as double precision) as closing,
        -- capped customer by customer: one that grows cannot hide one that shrinks
        cast(least(opening_mrr, closing_mrr) as double precision) as capped
    from members
),

sums as (
    select
        scope, product_id, segment_scheme, segment, period_month,
        count(*) as n,
        sum(case when closing > 0 then 1 else 0 end) as active_count,
        sum(opening) as x,
        sum(opening * opening) as xx,
        sum(closing) as nrr_y,
        sum(closing * closing) as nrr_yy,
        sum(opening * closing) as nrr_xy,
        sum(capped) as grr_y,
        sum(capped * capped) as grr_yy,
        sum(opening * capped) as grr_xy
    from amounts
    group by scope, product_id, segment_scheme, segment, period_month
),

measured as (
    select
        sums.scope, sums.product_id, sums.segment_scheme, sums.segment, sums.period_month,
        metrics.metric,
        metrics.metric_definition,
        case metrics.metric when 'logo_retention' then sums.active_count when 'grr' then sums.grr_y
            else sums.nrr_y end as numerator,
        case metrics.metric when 'logo_retention' then sums.n else sums.x end as denominator,
        sums.n,
        {%- for bound, sign in [('ci_low', '-'), ('ci_high', '+')] %}
        case metrics.metric
            when 'logo_retention' then {{ share_bound('sums.active_count', 'sums.n', 'z', sign) }}
            when 'grr' then {{ ratio_bound(
                'grr_y', 'x', 'grr_yy', 'grr_xy', 'xx', 'n', 'z', sign, ceiling=1) }}
            else {{ ratio_bound('nrr_y', 'x', 'nrr_yy', 'nrr_xy', 'xx', 'n', 'z', sign) }}
        end as {{ bound }}{{ ',' if not loop.last }}
        {%- endfor %}
    from sums
    cross join parameters
    inner join metrics on metrics.metric in ('logo_retention', 'grr', 'nrr')
)

select
    scope, product_id, segment_scheme, segment, period_month, metric, metric_definition,
    numerator / nullif(cast(denominator as double precision), 0) as value,
    cast(numerator as double precision) as numerator,
    cast(denominator as double precision) as denominator,
    n,
    ci_low,
    ci_high,
    cast(null as {{ dbt.type_string() }}) as reason
from measured
