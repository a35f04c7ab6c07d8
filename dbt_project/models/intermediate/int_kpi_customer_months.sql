with observations as (
    select * from {{ ref('int_customer_months') }}
),

parameters as (
    select confidence_z as z from {{ ref('int_metric_parameters') }}
),

metrics as (
    select metric, metric_definition, needs from {{ ref('int_kpi_metrics') }}
    where metric in ('tickets_per_1000_mrr', 'tickets_per_customer', 'nps_coverage')
),

-- before the first ticket or answer "none" and "not recorded" look alike
recorded as (
    select 'tickets' as needs, 'portfolio' as scope, '' as product_key,
        {{ month_start('min(created_at)') }} as recorded_from
    from {{ ref('int_tickets') }}
    union all
    select 'tickets', 'product', product_id, {{ month_start('min(created_at)') }}
    from {{ ref('int_tickets') }}
    group by product_id
    union all
    select 'surveys', scope, coalesce(product_id, ''), min(period_month)
    from {{ ref('int_survey_observations') }}
    where survey_type = 'nps'
    group by scope, coalesce(product_id, '')
),

members as (
    {{ with_segments('observations', 'customer_id') }}
),

sums as (
    select
        scope, product_id, segment_scheme, segment, period_month,
        count(*) as n,
        sum(mrr) / 1000 as x,
        sum(mrr * mrr) / 1e6 as xx,
        sum(ticket_count) as y,
        sum(ticket_count * ticket_count) as yy,
        sum(ticket_count * mrr) / 1000 as xy,
        sum(answered_count) as answered_count
    from members
    group by scope, product_id, segment_scheme, segment, period_month
),

measured as (
    select
        sums.scope, sums.product_id, sums.segment_scheme, sums.segment, sums.period_month,
        metrics.metric,
        metrics.metric_definition,
        case metrics.metric when 'nps_coverage' then sums.answered_count else sums.y end
            as numerator,
        case metrics.metric when 'tickets_per_1000_mrr' then sums.x else sums.n end as denominator,
        sums.n,
        {%- for bound, sign in [('ci_low', '-'), ('ci_high', '+')] %}
        case metrics.metric
            when 'nps_coverage'
                then {{ share_bound('sums.answered_count', 'sums.n', 'parameters.z', sign) }}
            when 'tickets_per_1000_mrr' then {{ ratio_bound(
                'sums.y', 'sums.x', 'sums.yy', 'sums.xy', 'sums.xx', 'sums.n', 'parameters.z',
                sign) }}
            else {{ ratio_bound(
                'sums.y', 'sums.n', 'sums.yy', 'sums.y', 'sums.n', 'sums.n', 'parameters.z',
                sign) }}
        end as {{ bound }}{{ ',' if not loop.last }}
        {%- endfor %}
    from sums
    cross join parameters
    inner join recorded
        on sums.scope = recorded.scope
        and coalesce(sums.product_id, '') = recorded.product_key
        and sums.period_month >= recorded.recorded_from
    inner join metrics on recorded.needs = metrics.needs
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
