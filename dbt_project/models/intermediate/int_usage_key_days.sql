{{ config(
    materialized='daily_range',
    range_column='usage_date',
    bounds_model='int_usage_user_days',
    bounds_column='usage_date'
) }}
-- without users and features: readers that count neither need not scan all usage
select
    source_system,
    account_key,
    product_id,
    usage_date,
    cast(sum(record_count) as bigint) as record_count,
    cast(sum(value_event_count) as bigint) as value_event_count,
    cast(sum(active_event_count) as bigint) as active_event_count
from {{ ref('int_usage_user_days') }}
where usage_date between {{ usage_start() }} and {{ usage_end() }}
group by source_system, account_key, product_id, usage_date
