with parameters as (
    select past_due_days, trials from {{ ref('int_metric_parameters') }}
),

history as (
    select source_system, subscription_id, status, valid_from, valid_to
    from {{ ref('stg_billing__subscription_status_history') }}
    where reject_reason is null
),

subscriptions as (
    select source_system, subscription_id, status, updated_at
    from {{ ref('stg_billing__subscriptions') }}
    where reject_reason is null
),

terms as (
    select source_system, subscription_id, closed_on
    from {{ ref('int_subscription_terms') }}
    where closed_on is not null
),

recorded as (
    select
        source_system,
        subscription_id,
        status,
        valid_from,
        valid_to,
        lead(valid_from) over (
            partition by source_system, subscription_id order by valid_from
        ) as next_from,
        lag(status) over (
            partition by source_system, subscription_id order by valid_from
        ) as last_status
    from history
),

-- without a history, today's status says nothing about the past: it holds from the last change
current_only as (
    select
        subscriptions.source_system,
        subscriptions.subscription_id,
        subscriptions.status,
        coalesce({{ day_of('subscriptions.updated_at') }}, {{ as_of_date() }}) as valid_from,
        cast(null as date) as valid_to
    from subscriptions
    left join history
        on subscriptions.source_system = history.source_system
        and subscriptions.subscription_id = history.subscription_id
    where history.subscription_id is null
),

statuses as (
    select source_system, subscription_id, status, valid_from,
        -- a status ends where the next begins, whatever its own end says
        case when next_from < valid_to then next_from
            else coalesce(valid_to, next_from) end as valid_to,
        -- whoever cancels while it pays, and stays so, has paid for the service until its end
        next_from is null and coalesce(last_status, 'active') = 'active' as is_final
    from recorded
    union all
    select source_system, subscription_id, status, valid_from, valid_to, true as is_final
    from current_only
),

unpaid as (
    select
        statuses.source_system,
        statuses.subscription_id,
        statuses.status,
        statuses.valid_from,
        statuses.valid_to
    from statuses
    cross join parameters
    left join terms
        on statuses.source_system = terms.source_system
        and statuses.subscription_id = terms.subscription_id
    where statuses.status in ('paused', 'unpaid', 'incomplete', 'incomplete_expired')
        -- the day on which it is closed, by parameter churn_date, decides where it is known
        or (statuses.status = 'canceled'
            and (terms.closed_on is null or not statuses.is_final))
        or (statuses.status = 'trialing' and parameters.trials = 'excluded')
    union all
    -- past-due revenue is counted for the declared days, then no longer
    select
        statuses.source_system,
        statuses.subscription_id,
        statuses.status,
        {{ add_days('statuses.valid_from', 'parameters.past_due_days') }} as valid_from,
        statuses.valid_to
    from statuses
    cross join parameters
    where statuses.status = 'past_due' and parameters.past_due_days is not null
)

select * from unpaid
where valid_to is null or valid_to > valid_from
