{{ config(
    materialized='daily_range',
    range_column='usage_date',
    bounds_model='int_usage_user_days',
    bounds_column='usage_date'
) }}
-- few days hold a value event: readers of first value need not scan all usage
{{ days_with('value_event_count') }}
