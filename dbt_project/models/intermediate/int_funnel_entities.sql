with accounts as (
    select source_system, source_key, account_id, customer_id
    from {{ ref('int_account_identity') }}
    where linked_system = 'crm'
),

deals as (
    select source_system, opportunity_id, customer_id, created_on,
        state = 'closed_unknown' as is_unknown,
        case when state = 'won' and closed_on <= {{ as_of_date() }} then closed_on end as won_on
    from {{ ref('int_opportunities') }}
    where opportunity_type = 'new' and created_on <= {{ as_of_date() }}
),

leads as (
    select source_system, lead_id, email, converted_account_id, converted_opportunity_id,
        coalesce(created_at, mql_at, sql_at, converted_at) as arrived_at,
        mql_at,
        sql_at,
        case when converted_opportunity_id is not null then converted_at end as converted_at
    from {{ ref('stg_crm__leads') }}
    where reject_reason is null
),

account_owners as (
    select account_id, min(customer_id) as customer_id from accounts group by account_id
),

-- the account a lead became, else the one its deal is on, else the only one with its mail domain
claimed as (
    select
        leads.*,
        coalesce(accounts.customer_id, deals.customer_id) as named_customer_id,
        owners.customer_id as domain_customer_id
    from leads
    left join accounts
        on leads.source_system = accounts.source_system
        and leads.converted_account_id = accounts.source_key
    left join deals
        on leads.source_system = deals.source_system
        and leads.converted_opportunity_id = deals.opportunity_id
    left join {{ ref('int_account_domains') }} as domains
        on {{ clean_domain('leads.email') }} = domains.domain
    left join account_owners as owners on domains.account_id = owners.account_id
),

-- one person that wrote twice is one person, and belongs where one of the two belongs
people as (
    select email, min(named_customer_id) as customer_id
    from claimed
    group by email
    having min(named_customer_id) = max(named_customer_id)
),

arrivals as (
    select
        coalesce(
            claimed.named_customer_id, people.customer_id, claimed.domain_customer_id
        ) as customer_id,
        coalesce('person:' || claimed.email, 'lead:' || source_system || ':' || lead_id)
            as own_key,
        {%- for column in ['arrived', 'mql', 'sql', 'converted'] %}
        case when {{ day_of(column ~ '_at') }} <= {{ as_of_date() }}
            then {{ day_of(column ~ '_at') }} end as {{ column }}_on,
        {%- endfor %}
        cast(null as date) as won_on
    from claimed
    left join people on claimed.email = people.email
    union all
    select customer_id, 'deal:' || source_system || ':' || opportunity_id, cast(null as date),
        cast(null as date), cast(null as date), created_on, won_on
    from deals
    -- to the stage `won` it would go, or not: it is left out
    where not is_unknown
),

firsts as (
    select
        coalesce(customer_id, own_key) as entity_key,
        min(customer_id) as customer_id,
        min(arrived_on) as lead_on,
        min(mql_on) as mql_on,
        min(sql_on) as sql_on,
        {{ earlier('min(converted_on)', 'min(won_on)') }} as opportunity_on,
        min(won_on) as won_on
    from arrivals
    group by coalesce(customer_id, own_key)
),

paths as (
    select
        *,
        lead_on is not null and (opportunity_on is null or lead_on <= opportunity_on) as is_led
    from firsts
    where lead_on is not null or opportunity_on is not null
)

-- who reached a stage reached those before it, on that day at the latest
select
    entity_key,
    customer_id,
    case when is_led then 'lead' else 'opportunity' end as entry,
    case when is_led
        then {{ earlier('lead_on', earlier('mql_on', earlier('sql_on', 'opportunity_on'))) }}
    end as lead_on,
    case when is_led then {{ earlier('mql_on', earlier('sql_on', 'opportunity_on')) }} end
        as mql_on,
    case when is_led then {{ earlier('sql_on', 'opportunity_on') }} end as sql_on,
    opportunity_on,
    won_on
from paths
