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
            and not coalesce(is_bot, false) as is_public_agent_reply
    from {{ ref('stg_support__ticket_comments') }}
    where reject_reason is null
)

select
    tickets.source_system,
    tickets.ticket_id,
    min(case when comments.is_public_agent_reply then comments.created_at end) as first_reply_at,
    sum(case when comments.is_public_agent_reply then 1 else 0 end) as public_reply_count
from tickets
inner join comments
    on tickets.source_system = comments.source_system
    and tickets.ticket_id = comments.ticket_id
    and comments.created_at >= tickets.created_at
group by tickets.source_system, tickets.ticket_id
