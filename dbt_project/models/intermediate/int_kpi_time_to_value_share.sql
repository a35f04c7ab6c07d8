with starts as (
    select scope, product_id, customer_id, started_on as segment_date, started_on,
        first_value_on, left_on
    from {{ ref('int_value_starts') }}
),

parameters as (
    select confidence_z as z, time_to_value_days, win_rate_months
    from {{ ref('int_metric_parameters') }}
),

months as (
    select period_month, measured_on from {{ ref('int_months') }} where is_reported
),

metrics as (
    select metric, metric_definition from {{ ref('int_kpi_metrics') }}
    where metric like 'time_to_value_%' and kind = 'share'
),

members as (
    {{ with_segments('starts', 'customer_id') }}
),

-- only those whose days are all over by the month's end, from the year before that
matured as (
    select
        members.scope, members.product_id, members.segment_scheme, members.segment,
        months.period_month,
        case
            when {{ days_between('members.started_on', 'members.first_value_on') }}
                <= parameters.time_to_value_days
                -- value after a departure is another story
                and (members.left_on is null or members.first_value_on <= members.left_on) then 1
            else 0
        end as has_value
    from members
    cross join parameters
    inner join months
        on {{ days_between('members.started_on', 'months.measured_on') }}
            >= parameters.time_to_value_days
        and {{ add_months(
            add_days('members.started_on', 'parameters.time_to_value_days'),
            'parameters.win_rate_months') }} > months.measured_on
),

sums as (
    select
        scope, product_id, segment_scheme, segment, period_month,
        sum(has_value) as value_count,
        count(*) as n
    from matured
    group by scope, product_id, segment_scheme, segment, period_month
)

{{ share_rows('value_count', 'n') }}
