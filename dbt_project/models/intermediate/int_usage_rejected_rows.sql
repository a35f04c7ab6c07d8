with empty_origin as (
    select
        cast(null as {{ dbt.type_string() }}) as no_text,
        cast(null as bigint) as no_row,
        cast(null as timestamp) as no_time
),

rejected as (
    select
        source_system,
        rule,
        min(received_date) as first_date,
        max(received_date) as last_date,
        sum(event_count) as event_count
    from {{ ref('int_usage_rejected_events') }}
    group by source_system, rule
),

repeated as (
    select source_system, sum(duplicate_count) as event_count
    from {{ ref('int_usage_user_days') }}
    group by source_system
    having sum(duplicate_count) > 0
),

early as (
    select
        key_days.source_system, key_days.account_key, sum(key_days.record_count) as event_count
    from {{ ref('int_usage_key_days') }} as key_days
    inner join {{ ref('int_usage_identity') }} as keys
        on key_days.source_system = keys.source_system
        and key_days.account_key = keys.account_key
    where key_days.usage_date < keys.exists_from
    group by key_days.source_system, key_days.account_key
)

select
    rejected.source_system,
    'product.events' as entity,
    empty_origin.no_text as source_file,
    empty_origin.no_row as source_row,
    cast(rejected.first_date as {{ dbt.type_string() }}) || ' to '
        || cast(rejected.last_date as {{ dbt.type_string() }}) as row_key,
    rejected.rule,
    case when rejected.rule like '% user' then 'intermediate' else 'staging' end as stage,
    case when rejected.rule = 'deleted at the source' then 'deleted' else 'rejected' end
        as disposition,
    cast(rejected.event_count as bigint) as row_count,
    empty_origin.no_time as loaded_at
from rejected
cross join empty_origin
union all
select
    repeated.source_system, 'product.events', empty_origin.no_text, empty_origin.no_row,
    empty_origin.no_text, 'duplicate event', 'intermediate', 'rejected',
    cast(repeated.event_count as bigint), empty_origin.no_time
from repeated
cross join empty_origin
union all
select
    early.source_system, 'product.events', empty_origin.no_text, empty_origin.no_row,
    early.account_key, 'usage before the account existed', 'intermediate', 'rejected',
    cast(early.event_count as bigint), empty_origin.no_time
from early
cross join empty_origin
