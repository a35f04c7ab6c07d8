{{ config(materialized='view') }}
with starts as (
    select
        'churn' as event, scope, product_id, customer_id, first_paid_on as started_on,
        first_paid_on as segment_date,
        -- the first day without MRR, also of a contract that runs on paused or unpaid
        first_unpaid_on as happened_on,
        cast(null as date) as competed_on
    from {{ ref('int_first_payments') }}
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
