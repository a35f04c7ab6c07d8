with tickets as (
    select
        source_system,
        ticket_id,
        created_at,
        first_reply_at,
        {{ day_of('created_at') }} as created_on,
        {{ day_of('first_reply_at') }} as replied_on
    from {{ ref('int_tickets') }}
    where first_reply_at >= created_at
)

select
    tickets.source_system,
    tickets.ticket_id,
    cast(
        {{ open_minutes_until('tickets.first_reply_at', 'reply_days') }}
        - {{ open_minutes_until('tickets.created_at', 'created_days') }}
        as double precision) as first_reply_open_minutes
from tickets
inner join {{ ref('int_support_days') }} as created_days on tickets.created_on = created_days.day
inner join {{ ref('int_support_days') }} as reply_days on tickets.replied_on = reply_days.day
