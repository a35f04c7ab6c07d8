{{ config(materialized='view') }}
with paid as (
    select customer_id, product_id, paid_from from {{ ref('int_subscription_items') }}
    where paid_from <= {{ as_of_date() }}
),

paid_starts as (
    select 'portfolio' as scope, cast(null as {{ dbt.type_string() }}) as product_id,
        '' as product_key, customer_id, min(paid_from) as started_on
    from paid
    group by customer_id
    union all
    select 'product' as scope, product_id, product_id as product_key, customer_id,
        min(paid_from) as started_on
    from paid
    where product_id is not null
    group by product_id, customer_id
),

departures as (
    select scope, customer_id, product_key, left_on from {{ ref('int_departures') }}
),

starts as (
    select
        'churn' as event, paid_starts.scope, paid_starts.product_id, paid_starts.customer_id,
        paid_starts.started_on, paid_starts.started_on as segment_date,
        departures.left_on as happened_on,
        cast(null as date) as competed_on
    from paid_starts
    left join departures
        on paid_starts.scope = departures.scope
        and paid_starts.customer_id = departures.customer_id
        and paid_starts.product_key = departures.product_key
    union all
    select
        'time_to_value' as event, scope, product_id, customer_id, started_on,
        started_on as segment_date,
        -- value after a departure is another story; on the same day it came first
        case when left_on is null or first_value_on <= left_on then first_value_on end,
        case when first_value_on is null or first_value_on > left_on then left_on end
    from {{ ref('int_value_starts') }}
),

members as (
    {{ with_segments('starts', 'customer_id') }}
)

select event, scope, product_id, segment_scheme, segment, started_on, happened_on, competed_on
from members
union all
select
    'win' as event, scope, product_id, segment_scheme, segment, created_on as started_on,
    case when state = 'won' then closed_on end as happened_on,
    case when state = 'lost' then closed_on end as competed_on
from {{ ref('int_deal_segments') }}
-- of a deal that is closed nobody knows how, no ending is known: it is no open one either
where created_on is not null and state <> 'closed_unknown'
