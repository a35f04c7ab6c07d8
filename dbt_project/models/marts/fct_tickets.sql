with tickets as (
    select * from {{ ref('int_tickets') }}
)

select
    tickets.ticket_id,
    account_id,
    customer_id,
    product_id,
    created_at,
    {{ day_of('created_at') }} as created_on,
    first_reply_at,
    {{ minutes_between('created_at', 'first_reply_at') }} as first_reply_minutes,
    waits.first_reply_open_minutes,
    solved_at,
    {{ minutes_between('created_at', 'solved_at') }} as resolution_minutes,
    cast(public_reply_count as bigint) as public_reply_count,
    is_agent_opened,
    priority,
    channel,
    status,
    csat_score,
    is_csat_positive,
    tickets.source_system
from tickets
left join {{ ref('int_ticket_open_minutes') }} as waits
    on tickets.source_system = waits.source_system
    and tickets.ticket_id = waits.ticket_id
