with starts as (
    select customer_id, product_id, started_on from {{ ref('int_clock_starts') }}
),

value_days as (
    select source_system, account_key, product_id, usage_date
    from {{ ref('int_usage_key_days') }}
    where value_event_count > 0 and usage_date <= {{ as_of_date() }}
),

-- where a value event never occurs nobody can tell "not yet" from "not recorded"
valued_products as (
    select distinct product_id from value_days
),

-- the first value of an earlier start may have come before anybody recorded it
tracking as (
    select product_id, min(first_usage_date) as recorded_from
    from {{ ref('int_usage_account_keys') }}
    group by product_id
),

any_tracking as (
    select min(recorded_from) as recorded_from from tracking
),

first_values as (
    select
        keys.customer_id,
        value_days.product_id,
        min(value_days.usage_date) as first_value_on
    from value_days
    inner join {{ ref('int_usage_identity') }} as keys
        on value_days.source_system = keys.source_system
        and value_days.account_key = keys.account_key
    where keys.exists_from is null or value_days.usage_date >= keys.exists_from
    group by keys.customer_id, value_days.product_id
),

by_product as (
    select starts.customer_id, starts.product_id, starts.started_on, first_values.first_value_on
    from starts
    inner join valued_products on starts.product_id = valued_products.product_id
    left join first_values
        on starts.customer_id = first_values.customer_id
        and starts.product_id = first_values.product_id
),

-- the earliest start of all counts, so one before recording leaves its customer out
by_customer as (
    select customer_id, min(started_on) as started_on, min(first_value_on) as first_value_on
    from by_product
    group by customer_id
),

scoped as (
    select 'product' as scope, by_product.product_id, by_product.product_id as product_key,
        by_product.customer_id, by_product.started_on, by_product.first_value_on
    from by_product
    inner join tracking
        on by_product.product_id = tracking.product_id
        and by_product.started_on >= tracking.recorded_from
    union all
    select 'portfolio' as scope, cast(null as {{ dbt.type_string() }}) as product_id,
        '' as product_key, by_customer.customer_id, by_customer.started_on,
        by_customer.first_value_on
    from by_customer
    inner join any_tracking on by_customer.started_on >= any_tracking.recorded_from
),

departures as (
    select scope, customer_id, product_key, first_unpaid_on as left_on
    from {{ ref('int_first_payments') }}
)

select
    scoped.scope,
    scoped.product_id,
    scoped.customer_id,
    scoped.started_on,
    -- value reached in a trial, before the clock starts, is reached on day 0
    case
        when scoped.first_value_on < scoped.started_on then scoped.started_on
        else scoped.first_value_on
    end as first_value_on,
    case when departures.left_on >= scoped.started_on then departures.left_on end as left_on
from scoped
left join departures
    on scoped.scope = departures.scope
    and scoped.customer_id = departures.customer_id
    and scoped.product_key = departures.product_key
