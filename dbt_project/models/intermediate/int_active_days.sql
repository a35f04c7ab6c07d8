{{ config(
    materialized='daily_range',
    range_column='usage_date',
    bounds_model='int_usage_user_days',
    bounds_column='usage_date'
) }}
-- who used a product's core on a day, not how much: readers of silence need not scan all usage
{{ days_with('active_event_count') }}
