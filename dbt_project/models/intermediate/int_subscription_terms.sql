with parameters as (
    select churn_date, trials, reporting_currency from {{ ref('int_metric_parameters') }}
),

subscriptions as (
    select * from {{ ref('stg_billing__subscriptions') }} where reject_reason is null
),

billing_customers as (
    select source_system, billing_customer_id, currency
    from {{ ref('stg_billing__customers') }}
    where reject_reason is null
),

identity_links as (
    select source_system, source_key, account_id, customer_id
    from {{ ref('int_account_identity') }}
    where linked_system = 'billing'
),

paid_once as (
    select distinct source_system, subscription_id
    from {{ ref('stg_billing__subscription_status_history') }}
    where reject_reason is null and status in ('active', 'past_due')
),

dated as (
    select
        subscriptions.*,
        case parameters.churn_date
            when 'cancelled_at' then coalesce(subscriptions.cancelled_at, subscriptions.ended_at)
            when 'cancel_scheduled_at' then coalesce(
                subscriptions.cancel_scheduled_at,
                subscriptions.cancelled_at,
                subscriptions.ended_at
            )
            else coalesce(
                subscriptions.ended_at,
                case
                    when subscriptions.status = 'canceled' then subscriptions.cancelled_at
                end
            )
        end as closed_on,
        parameters.trials,
        parameters.reporting_currency
    from subscriptions
    cross join parameters
)

select
    dated.source_system,
    dated.subscription_id,
    dated.billing_customer_id,
    identity_links.account_id,
    -- a billing customer that no CRM record claims keeps its revenue under its own key
    coalesce(
        identity_links.customer_id, dated.source_system || ':' || dated.billing_customer_id
    ) as customer_id,
    dated.product_id,
    dated.plan,
    dated.status,
    coalesce(dated.currency, billing_customers.currency) as currency,
    dated.reporting_currency,
    dated.started_at,
    case
        when dated.trials = 'excluded' and dated.trial_end > dated.started_at then dated.trial_end
        else dated.started_at
    end as paid_from,
    dated.closed_on,
    -- what was paid after a trial stays paid, whatever the status is today
    dated.trials = 'excluded' and coalesce(dated.is_trial, false) and case
        when dated.trial_end is null then true
        when dated.status in ('active', 'past_due') or paid_once.subscription_id is not null
            then false
        when dated.status in ('trialing', 'incomplete', 'incomplete_expired') then true
        -- still paused or unpaid, without a history: nobody knows of a payment
        else dated.closed_on is null or dated.closed_on <= dated.trial_end
    end as is_trial_only,
    dated.source_file,
    dated.source_row,
    dated.loaded_at,
    case
        when billing_customers.billing_customer_id is null
            and identity_links.source_key is null then 'no such customer'
        when dated.closed_on < dated.started_at then 'end is before start'
        when dated.closed_on = dated.started_at then 'ends on the day it starts'
    end as rule
from dated
left join billing_customers
    on dated.source_system = billing_customers.source_system
    and dated.billing_customer_id = billing_customers.billing_customer_id
left join identity_links
    on dated.source_system = identity_links.source_system
    and dated.billing_customer_id = identity_links.source_key
left join paid_once
    on dated.source_system = paid_once.source_system
    and dated.subscription_id = paid_once.subscription_id
