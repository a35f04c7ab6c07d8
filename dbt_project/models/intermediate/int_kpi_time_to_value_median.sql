{%- set upto -%}
    (partition by scope, product_id, segment_scheme, segment, period_month
        order by day_number rows unbounded preceding)
{%- endset -%}
with incidence as (
    select * from {{ ref('int_value_incidence') }}
),

parameters as (
    select confidence_z as z, time_to_value_horizon_days from {{ ref('int_metric_parameters') }}
),

metrics as (
    select metric, metric_definition from {{ ref('int_kpi_metrics') }}
    where metric = 'time_to_value_days'
),

-- the terms of the delta-method variance of the incidence (Marubini and Valsecchi)
terms as (
    select
        *,
        (value_count + left_count)
            / nullif(cast(at_risk as double precision) * (at_risk - value_count - left_count), 0)
            as hazard_term,
        free_before * free_before * value_count * (at_risk - value_count)
            / power(cast(at_risk as double precision), 3) as value_term,
        free_before * value_count / power(cast(at_risk as double precision), 2) as cross_term
    from incidence
),

summed as (
    select
        scope, product_id, segment_scheme, segment, period_month, day_number, n, incidence,
        coalesce(sum(hazard_term) over {{ upto }}, 0) * incidence * incidence
            - 2 * incidence * coalesce(sum(hazard_term * incidence) over {{ upto }}, 0)
            + coalesce(sum(hazard_term * incidence * incidence) over {{ upto }}, 0)
            + sum(value_term) over {{ upto }}
            - 2 * (
                incidence * sum(cross_term) over {{ upto }}
                - sum(cross_term * incidence) over {{ upto }}
            ) as variance
    from terms
),

-- bounds on the log(-log) scale; none where everybody or nobody has reached value
bounded as (
    select
        summed.*,
        parameters.time_to_value_horizon_days as horizon_days,
        case when incidence > 0 and incidence < 1 then parameters.z
            * sqrt(greatest(variance, 0)) / (incidence * abs(ln(incidence))) end as spread
    from summed
    cross join parameters
),

crossings as (
    select
        scope, product_id, segment_scheme, segment, period_month, n, horizon_days,
        {%- for crossed, share in [
            ('half_day', 'incidence + 1e-9'),
            ('low_day', 'power(incidence, exp(-spread))'),
            ('high_day', 'power(incidence, exp(spread))'),
        ] %}
        min(case
            when day_number <= horizon_days and {{ share }} >= 0.5 then day_number
        end) as {{ crossed }}{{ ',' if not loop.last }}
        {%- endfor %}
    from bounded
    group by scope, product_id, segment_scheme, segment, period_month, n, horizon_days
)

select
    crossings.scope, crossings.product_id, crossings.segment_scheme, crossings.segment,
    crossings.period_month,
    metrics.metric,
    metrics.metric_definition,
    cast(crossings.half_day as double precision) as value,
    cast(null as double precision) as numerator,
    cast(null as double precision) as denominator,
    crossings.n,
    case when crossings.half_day is not null then cast(crossings.low_day as double precision) end
        as ci_low,
    case when crossings.half_day is not null then cast(crossings.high_day as double precision) end
        as ci_high,
    case when crossings.half_day is null then
        'fewer than half reached value within '
        || cast(crossings.horizon_days as {{ dbt.type_string() }}) || ' days'
    end as reason
from crossings
cross join metrics
