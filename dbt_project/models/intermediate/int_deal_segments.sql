-- a deal that is closed after the as-of date was still open on it
with dated as (
    select *, state = 'open' or closed_on <= {{ as_of_date() }} as is_state_known
    from {{ ref('int_opportunities') }}
    where opportunity_type = 'new'
),

known as (
    select
        opportunity_id, source_system, account_id, customer_id, product_id, amount, lead_source,
        campaign_id, created_on,
        case when is_state_known then state else 'open' end as state,
        case when is_state_known then closed_at end as closed_at,
        case when is_state_known then closed_on end as closed_on,
        case when is_state_known then cycle_days end as cycle_days
    from dated
    where created_on <= {{ as_of_date() }}
        or (created_on is null and is_state_known)
),

deals as (
    select
        opportunity_id, source_system, account_id, product_id, state, cycle_days, closed_at,
        created_on, closed_on, amount, lead_source, campaign_id,
        coalesce(customer_id, source_system || ':' || opportunity_id) as customer_key,
        {{ month_start('created_on') }} as created_month,
        {{ month_start('closed_on') }} as closed_month,
        {{ worked_from_month('created_on', 'closed_on') }} as worked_from_month,
        {{ worked_to_month('created_on', 'closed_on', 'parameters.deal_worked_months') }}
            as worked_to_month,
        coalesce(created_on, closed_on) as segment_date
    from known
    cross join {{ ref('int_metric_parameters') }} as parameters
),

campaigns as (
    select source_system, campaign_id, channel from {{ ref('int_campaign_identity') }}
),

paid_channels as (
    select distinct lower(channel) as channel from {{ ref('int_spend_months') }}
    where category = 'media' and spend > 0
),

-- a customer is a new logo once per scope: its second deal in it is not another one
numbered as (
    select
        *,
        row_number() over (
            partition by customer_key, state order by closed_at, opportunity_id
        ) as portfolio_position,
        row_number() over (
            partition by product_id, customer_key, state order by closed_at, opportunity_id
        ) as product_position,
        min(case when state = 'won' then closed_on end) over (partition by customer_key)
            as portfolio_won_on,
        min(case when state = 'won' then closed_on end) over (partition by product_id, customer_key)
            as product_won_on
    from deals
),

sourced as (
    select
        numbered.*,
        paid_channels.channel is not null as is_paid_channel
    from numbered
    left join campaigns
        on numbered.source_system = campaigns.source_system
        and numbered.campaign_id = campaigns.campaign_id
    left join paid_channels
        on lower(coalesce(campaigns.channel, numbered.lead_source)) = paid_channels.channel
),

-- a deal's segment is the same in both scopes: looked up once
members as (
    {{ with_segments('sourced') }}
),

scoped as (
    select
        members.*,
        'portfolio' as scope,
        cast(null as {{ dbt.type_string() }}) as scope_product_id,
        portfolio_position as position,
        portfolio_won_on as won_on
    from members
    union all
    select
        members.*,
        'product' as scope,
        product_id as scope_product_id,
        product_position as position,
        product_won_on as won_on
    from members
    where product_id is not null
)

select
    opportunity_id,
    source_system,
    scope,
    scope_product_id as product_id,
    segment_scheme,
    segment,
    state,
    created_month,
    closed_month,
    worked_from_month,
    worked_to_month,
    created_on,
    closed_on,
    cycle_days,
    amount,
    state = 'won' and position = 1 as is_new_logo,
    -- begun when the customer was one already: whatever becomes of it, it is no new logo
    coalesce(created_on > won_on, false) as is_won_before,
    is_paid_channel
from scoped
