{%- set cell = 'scope, product_key, segment_scheme, segment' -%}
with parameters as (
    select ltv_period_months, value_scheme from {{ ref('int_metric_parameters') }}
),

whole_months as (
    select max(period_month) as last_month from {{ ref('int_months') }} where is_complete
),

departures as (
    select changes.scope, changes.product_key, changes.customer_id,
        min(changes.period_month) as left_month
    from {{ ref('int_revenue_changes') }} as changes
    where changes.active_step < 0
    group by changes.scope, changes.product_key, changes.customer_id
),

lives as (
    select
        starts.scope, starts.product_key, starts.segment_scheme, starts.segment,
        floor({{ months_between('starts.first_month', 'whole_months.last_month') }}
            / cast(parameters.ltv_period_months as double precision)) as whole_periods,
        ceil({{ months_between('starts.first_month', 'departures.left_month') }}
            / cast(parameters.ltv_period_months as double precision)) as left_in_period
    from {{ ref('int_customer_starts') }} as starts
    cross join parameters
    cross join whole_months
    left join departures
        on starts.scope = departures.scope
        and starts.product_key = departures.product_key
        and starts.customer_id = departures.customer_id
    where starts.segment_scheme in ('all', parameters.value_scheme)
),

-- a period that is not over yet says nothing, not even of those who have left in it already
ended as (
    select
        {{ cell }},
        -- who has not left has no period of leaving; least() passes over nulls
        cast(least(left_in_period, whole_periods) as integer) as last_period,
        case when left_in_period <= whole_periods then 1 else 0 end as is_lost
    from lives
),

exits as (
    select {{ cell }}, last_period, count(*) as exit_count, sum(is_lost) as lost_count
    from ended
    group by {{ cell }}, last_period
),

bounds as (
    select {{ cell }}, max(last_period) as last_period from exits group by {{ cell }}
),

periods as (
    select bounds.scope, bounds.product_key, bounds.segment_scheme, bounds.segment,
        numbers.n as period_number
    from bounds
    inner join ({{ number_series(601) }}) as numbers
        on numbers.n >= 1 and numbers.n <= bounds.last_period
)

select
    periods.scope, periods.product_key, periods.segment_scheme, periods.segment,
    periods.period_number,
    cast(sum(exits.exit_count) over (
        partition by periods.scope, periods.product_key, periods.segment_scheme, periods.segment
        order by periods.period_number desc rows unbounded preceding
    ) as bigint) as at_risk_count,
    cast(coalesce(exits.lost_count, 0) as bigint) as lost_count
from periods
left join exits
    on periods.scope = exits.scope
    and periods.product_key = exits.product_key
    and periods.segment_scheme = exits.segment_scheme
    and periods.segment = exits.segment
    and periods.period_number = exits.last_period
