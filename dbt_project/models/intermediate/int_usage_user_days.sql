{{ config(
    materialized='daily_range',
    range_column='usage_date',
    bounds_model='stg_product__events',
    bounds_column='dt'
) }}
with accepted as (
    select
        source_system, event_id, account_key, user_id, product_id, event_name, feature,
        event_count, received_at, {{ day_of('occurred_at') }} as usage_date
    from {{ ref('stg_product__events') }}
    where reject_reason is null
        -- the days of receipt that can hold these usage days: partitions outside are not opened
        and dt between {{ usage_start(-1) }} and {{ usage_end(late_window_days()) }}
        -- a day is its label: where clocks go back over midnight, one has two first moments
        and {{ day_of('occurred_at') }} between {{ usage_start() }} and {{ usage_end() }}
),

-- by one short key, for speed; what repeats on another day or in another source is kept below
repeated as (
    select event_id
    from accepted
    group by event_id
    having count(*) > 1
),

-- only the few repeated events are ordered: ordering all would cost more than all the rest
ranked as (
    select
        accepted.*,
        count(*) over (
            partition by accepted.source_system, accepted.event_id, accepted.usage_date
        ) as copies,
        row_number() over (
            partition by accepted.source_system, accepted.event_id, accepted.usage_date
            order by accepted.received_at, accepted.account_key, accepted.user_id,
                accepted.event_name, accepted.feature, accepted.product_id, accepted.event_count
        ) as position
    from accepted
    inner join repeated on accepted.event_id = repeated.event_id
),

events as (
    select accepted.*, 0 as duplicate_count
    from accepted
    left join repeated on accepted.event_id = repeated.event_id
    where repeated.event_id is null
    union all
    select
        source_system, event_id, account_key, user_id, product_id, event_name, feature,
        event_count, received_at, usage_date, copies - 1 as duplicate_count
    from ranked
    where position = 1
),

placed as (
    select
        events.*,
        coalesce(aliases.product_id, 'unknown') as resolved_product_id
    from events
    left join {{ ref('int_usage_excluded_users') }} as excluded
        on events.source_system = excluded.source_system
        and events.user_id = excluded.user_id
    left join {{ ref('int_workspace_products') }} as workspaces
        on events.source_system = workspaces.source_system
        and events.account_key = workspaces.workspace_id
    left join {{ ref('int_product_aliases') }} as aliases
        on lower(coalesce(events.product_id, workspaces.product_id)) = aliases.product_key
    where excluded.user_id is null
)

select
    placed.source_system,
    placed.account_key,
    placed.user_id,
    placed.resolved_product_id as product_id,
    placed.feature,
    placed.usage_date,
    cast(sum(placed.event_count) as bigint) as event_count,
    cast(sum(case when placed.event_name = products.value_event
        then placed.event_count else 0 end) as bigint) as value_event_count,
    cast(sum(case when placed.event_name = products.active_event
        then placed.event_count else 0 end) as bigint) as active_event_count,
    count(*) as record_count,
    cast(sum(placed.duplicate_count) as bigint) as duplicate_count
from placed
left join {{ source('icp_registry', 'products') }} as products
    on placed.resolved_product_id = products.product_id
group by
    placed.source_system,
    placed.account_key,
    placed.user_id,
    placed.resolved_product_id,
    placed.feature,
    placed.usage_date
