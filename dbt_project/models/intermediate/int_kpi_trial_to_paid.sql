with trials as (
    select scope, product_id, customer_id, started_on as segment_date,
        {{ month_start('matures_on') }} as matures_month, is_paid
    from {{ ref('int_trials') }}
    -- a trial that may still convert is no failure yet
    where matures_on <= {{ as_of_date() }}
),

windows as (
    select period_month, window_month from {{ ref('int_kpi_windows') }}
),

parameters as (
    select confidence_z as z from {{ ref('int_metric_parameters') }}
),

metrics as (
    select metric, metric_definition from {{ ref('int_kpi_metrics') }}
    where metric = 'trial_to_paid'
),

members as (
    {{ with_segments('trials', 'customer_id') }}
),

sums as (
    select
        members.scope, members.product_id, members.segment_scheme, members.segment,
        windows.period_month,
        count(*) as n,
        sum(case when members.is_paid then 1 else 0 end) as paid_count
    from members
    inner join windows on members.matures_month = windows.window_month
    group by members.scope, members.product_id, members.segment_scheme, members.segment,
        windows.period_month
)

{{ share_rows('paid_count', 'n') }}
