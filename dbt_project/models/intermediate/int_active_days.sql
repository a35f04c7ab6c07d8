{{ config(
    materialized='daily_range',
    range_column='usage_date',
    bounds_model='int_usage_user_days',
    bounds_column='usage_date'
) }}
-- who used a product's core on a day, not how much: readers of silence need not scan all usage
select
    source_system,
    account_key,
    product_id,
    usage_date,
    sum(active_event_count) as active_event_count
from {{ ref('int_usage_user_days') }}
where usage_date between {{ usage_start() }} and {{ usage_end() }}
    and active_event_count > 0
group by source_system, account_key, product_id, usage_date
