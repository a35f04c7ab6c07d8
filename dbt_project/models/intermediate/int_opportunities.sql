with checked as (
    select * from {{ ref('int_opportunity_checks') }} where rule is null
),

stages as (
    select * from {{ ref('int_opportunity_stages') }}
),

parameters as (
    select reporting_currency from {{ ref('int_metric_parameters') }}
),

timed as (
    select
        checked.*,
        stages.max_stage,
        parameters.reporting_currency,
        coalesce(checked.created_at, stages.first_entered_at) as opened_at,
        -- the close date of an open deal is a forecast and never used; a deal that was reopened
        -- carries its final one
        case
            when checked.is_deal_closed
            then coalesce({{ midnight_of('checked.close_date') }}, stages.last_entered_at)
        end as closed_at
    from checked
    cross join parameters
    left join stages
        on checked.source_system = stages.source_system
        and checked.opportunity_id = stages.opportunity_id
),

dated as (
    select
        *,
        {{ day_of('opened_at') }} as created_on,
        {{ day_of('closed_at') }} as closed_on
    from timed
)

select
    source_system,
    opportunity_id,
    resolved_account_id as account_id,
    customer_id,
    resolved_product_id as product_id,
    deal_type as opportunity_type,
    {{ money('amount * rate_to_reporting') }} as amount,
    amount as amount_original,
    amount_currency as currency,
    stage,
    coalesce(max_stage, stage) as max_stage,
    case
        when not is_deal_closed then 'open'
        when is_won then 'won'
        -- a close that does not say how it ended is neither
        when is_won is null then 'closed_unknown'
        else 'lost'
    end as state,
    opened_at as created_at,
    created_on,
    closed_at,
    closed_on,
    {{ days_between('created_on', 'closed_on') }} as cycle_days,
    owner_id,
    lead_source,
    campaign_id,
    case when is_deal_closed and not is_won then loss_reason end as loss_reason,
    reporting_currency
from dated
