{{ config(
    materialized='daily_range',
    range_column='usage_date',
    bounds_model='int_usage_user_days',
    bounds_column='usage_date'
) }}
-- few days hold a value event: readers of first value need not scan all usage
select
    source_system,
    account_key,
    product_id,
    usage_date,
    sum(value_event_count) as value_event_count
from {{ ref('int_usage_user_days') }}
where usage_date between {{ usage_start() }} and {{ usage_end() }}
    and value_event_count > 0
group by source_system, account_key, product_id, usage_date
