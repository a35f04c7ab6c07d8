with keys as (
    select source_system, account_key, account_id, customer_id, exists_from
    from {{ ref('int_usage_identity') }}
    where account_id is not null
),

-- 28 days up to the as-of date: the cost does not grow with history
recent as (
    select source_system, account_key, product_id, feature, usage_date, event_count
    from {{ ref('int_usage_user_days') }}
    where usage_date between {{ add_days(as_of_date(), 1 - usage_window_days()) }}
        and {{ as_of_date() }}
        and feature is not null
)

select
    keys.account_id,
    keys.customer_id,
    recent.product_id,
    recent.feature,
    cast(sum(recent.event_count) as bigint) as event_count
from recent
inner join keys
    on recent.source_system = keys.source_system
    and recent.account_key = keys.account_key
where keys.exists_from is null or recent.usage_date >= keys.exists_from
group by keys.account_id, keys.customer_id, recent.product_id, recent.feature
