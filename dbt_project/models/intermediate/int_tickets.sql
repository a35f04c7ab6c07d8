with tickets as (
    select
        *,
        {{ clean_domain('requester_email') }} as requester_domain
    from {{ ref('stg_support__tickets') }}
    where reject_reason is null and merged_into_id is null
),

replies as (
    select * from {{ ref('int_ticket_replies') }}
),

organizations as (
    select source_system, source_key, account_id, customer_id
    from {{ ref('int_account_identity') }}
    where linked_system = 'support'
),

domains as (
    select domains.domain, domains.account_id, accounts.customer_id
    from {{ ref('int_account_domains') }} as domains
    inner join {{ ref('int_account_identity') }} as accounts
        on domains.account_id = accounts.source_key and accounts.linked_system = 'crm'
),

aliases as (
    select product_key, product_id from {{ ref('int_product_aliases') }}
),

parameters as (
    select csat_positive_from from {{ ref('int_metric_parameters') }}
)

select
    tickets.source_system,
    tickets.ticket_id,
    coalesce(organizations.account_id, domains.account_id) as account_id,
    case
        when organizations.account_id is not null then organizations.customer_id
        else domains.customer_id
    end as customer_id,
    coalesce(aliases.product_id, 'unknown') as product_id,
    tickets.created_at,
    -- a desk that exports comments says who replied; without any, its own field is all there is
    case
        when replies.ticket_id is not null then replies.first_reply_at
        else tickets.first_reply_at
    end as first_reply_at,
    tickets.solved_at,
    coalesce(replies.public_reply_count, 0) as public_reply_count,
    coalesce(replies.is_agent_opened, false) as is_agent_opened,
    tickets.handle_minutes,
    tickets.priority,
    tickets.channel,
    tickets.status,
    tickets.satisfaction_score as csat_score,
    tickets.satisfaction_score >= parameters.csat_positive_from as is_csat_positive
from tickets
cross join parameters
left join replies
    on tickets.source_system = replies.source_system
    and tickets.ticket_id = replies.ticket_id
left join organizations
    on tickets.source_system = organizations.source_system
    and tickets.organization_id = organizations.source_key
left join domains on tickets.requester_domain = domains.domain
left join aliases on lower(tickets.product_id) = aliases.product_key
