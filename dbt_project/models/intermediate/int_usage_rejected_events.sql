{{ config(
    materialized='daily_range',
    range_column='received_date',
    is_by_receipt=true,
    bounds_model='stg_product__events',
    bounds_column='dt'
) }}
{#- in a range build: events of the range may be received on the UTC day before their own, and until
    the late-arrival window closes -#}
{%- set lead, tail = (-1, late_window_days()) if is_range_build() else (0, 0) -%}
with events as (
    select source_system, source_file, user_id, dt as received_date, reject_reason
    from {{ ref('stg_product__events') }}
    where dt between {{ usage_start(lead) }} and {{ usage_end(tail) }}
),

judged as (
    select
        events.source_system,
        events.source_file,
        events.received_date,
        coalesce(events.reject_reason, excluded.rule) as rule
    from events
    left join {{ ref('int_usage_excluded_users') }} as excluded
        on events.source_system = excluded.source_system
        and events.user_id = excluded.user_id
)

select source_system, source_file, received_date, rule, count(*) as event_count
from judged
where rule is not null
group by source_system, source_file, received_date, rule
