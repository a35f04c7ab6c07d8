with tickets as (
    select source_system, ticket_id, created_at
    from {{ ref('stg_support__tickets') }}
    where reject_reason is null
),

comments as (
    select
        source_system,
        ticket_id,
        created_at,
        -- by the role that the author had when writing: agents leave, and customers are hired
        author_role_at_time in ('agent', 'admin')
            and coalesce(is_public, true)
            and not coalesce(is_bot, false) as is_by_agent,
        coalesce(author_role_at_time, 'end_user') not in ('agent', 'admin', 'bot')
            and not coalesce(is_bot, false) as is_by_customer
    from {{ ref('stg_support__ticket_comments') }}
    where reject_reason is null
),

said as (
    select
        tickets.source_system,
        tickets.ticket_id,
        comments.created_at,
        comments.is_by_agent,
        comments.is_by_customer,
        -- within three seconds nobody has read a ticket: what is written by then opened it
        {{ minutes_between('tickets.created_at', 'comments.created_at') }} < 0.05 as is_opening
    from tickets
    inner join comments
        on tickets.source_system = comments.source_system
        and tickets.ticket_id = comments.ticket_id
        and comments.created_at >= tickets.created_at
),

-- not the first comment of all: many desks export replies without the customer's own text, and a
-- note that only the company sees (of a call) is written down for the customer
openings as (
    select
        source_system,
        ticket_id,
        max(case when is_opening and is_by_agent then 1 else 0 end) = 1
            and max(case when is_opening and is_by_customer then 1 else 0 end) = 0
            as is_agent_opened
    from said
    group by source_system, ticket_id
),

replies as (
    select
        said.source_system,
        said.ticket_id,
        said.created_at,
        openings.is_agent_opened,
        said.is_by_agent and not (openings.is_agent_opened and said.is_opening) as is_reply
    from said
    inner join openings
        on said.source_system = openings.source_system
        and said.ticket_id = openings.ticket_id
)

select
    source_system,
    ticket_id,
    is_agent_opened,
    min(case when is_reply then created_at end) as first_reply_at,
    sum(case when is_reply then 1 else 0 end) as public_reply_count
from replies
group by source_system, ticket_id, is_agent_opened
