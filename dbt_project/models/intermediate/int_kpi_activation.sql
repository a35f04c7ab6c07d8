with starts as (
    select scope, product_id, coalesce(product_id, '') as product_key, customer_id, started_on,
        left_on
    from {{ ref('int_value_starts') }}
),

parameters as (
    select confidence_z as z, activation_days, activation_value_days
    from {{ ref('int_metric_parameters') }}
),

windows as (
    select period_month, window_month from {{ ref('int_kpi_windows') }}
),

metrics as (
    select metric, metric_definition from {{ ref('int_kpi_metrics') }}
    where metric = 'activation_rate'
),

value_days as (
    select keys.customer_id, value_days.product_id, value_days.usage_date
    from {{ ref('int_usage_key_days') }} as value_days
    inner join {{ ref('int_usage_identity') }} as keys
        on value_days.source_system = keys.source_system
        and value_days.account_key = keys.account_key
    where value_days.value_event_count > 0
        and (keys.exists_from is null or value_days.usage_date >= keys.exists_from)
),

-- equal keys for every scope: a condition that chooses between keys would compare all with all
scoped_days as (
    select distinct 'portfolio' as scope, '' as product_key, customer_id, usage_date from value_days
    union all
    select distinct 'product' as scope, product_id as product_key, customer_id, usage_date
    from value_days
),

-- a starter whose days are not over may still be activated: it is no failure yet
mature as (
    select
        starts.*,
        {{ add_days('starts.started_on', 'parameters.activation_days') }} as matures_on,
        parameters.activation_value_days
    from starts
    cross join parameters
    where {{ add_days('starts.started_on', 'parameters.activation_days') }} <= {{ as_of_date() }}
),

-- value on one day may be a demonstration; on several it is use. Days of a trial count too.
counted as (
    select
        mature.scope,
        mature.product_id,
        mature.customer_id,
        mature.started_on as segment_date,
        {{ month_start('mature.matures_on') }} as matures_month,
        case
            when count(scoped_days.usage_date) >= mature.activation_value_days then 1
            else 0
        end as is_activated
    from mature
    left join scoped_days
        on mature.customer_id = scoped_days.customer_id
        and mature.scope = scoped_days.scope
        and mature.product_key = scoped_days.product_key
        and scoped_days.usage_date <= mature.matures_on
        and scoped_days.usage_date <= coalesce(mature.left_on, mature.matures_on)
    group by
        mature.scope, mature.product_id, mature.customer_id, mature.started_on,
        mature.matures_on, mature.activation_value_days
),

members as (
    {{ with_segments('counted', 'customer_id') }}
),

sums as (
    select
        members.scope, members.product_id, members.segment_scheme, members.segment,
        windows.period_month,
        count(*) as n,
        sum(members.is_activated) as activated_count
    from members
    inner join windows on members.matures_month = windows.window_month
    group by members.scope, members.product_id, members.segment_scheme, members.segment,
        windows.period_month
)

{{ share_rows('activated_count', 'n') }}
