with subscriptions as (
    select source_system, subscription_id, started_at, ended_at, trial_start, trial_end, is_trial
    from {{ ref('stg_billing__subscriptions') }}
    where reject_reason is null
),

terms as (
    select source_system, subscription_id, customer_id, product_id
    from {{ ref('int_subscription_terms') }}
    where rule is null
),

aliases as (
    select product_key, product_id from {{ ref('int_product_aliases') }}
),

parameters as (
    select trial_conversion_days from {{ ref('int_metric_parameters') }}
),

-- one that converted is no trial any more: its dates still say that it was one
trials as (
    select
        terms.customer_id,
        aliases.product_id,
        coalesce(subscriptions.trial_start, subscriptions.started_at) as started_on,
        coalesce(subscriptions.trial_end, subscriptions.ended_at) as ends_on
    from subscriptions
    inner join terms
        on subscriptions.source_system = terms.source_system
        and subscriptions.subscription_id = terms.subscription_id
    left join aliases on lower(terms.product_id) = aliases.product_key
    where subscriptions.is_trial or subscriptions.trial_end > subscriptions.started_at
),

scoped as (
    select 'portfolio' as scope, cast(null as {{ dbt.type_string() }}) as product_id,
        '' as product_key, customer_id, started_on, ends_on
    from trials
    union all
    select 'product', product_id, product_id, customer_id, started_on, ends_on
    from trials
    where product_id is not null
),

first_trials as (
    select
        *,
        row_number() over (
            partition by scope, product_key, customer_id order by started_on, ends_on
        ) as position
    from scoped
    -- without an end nobody can say when it should have been paid
    where ends_on >= started_on
)

select
    first_trials.scope,
    first_trials.product_id,
    first_trials.customer_id,
    first_trials.started_on,
    {{ add_days('first_trials.ends_on', 'parameters.trial_conversion_days') }} as matures_on,
    payments.first_paid_on is not null and payments.first_paid_on
        <= {{ add_days('first_trials.ends_on', 'parameters.trial_conversion_days') }} as is_paid
from first_trials
cross join parameters
left join {{ ref('int_first_payments') }} as payments
    on first_trials.scope = payments.scope
    and first_trials.product_key = payments.product_key
    and first_trials.customer_id = payments.customer_id
where first_trials.position = 1
    -- who paid before the trial has nothing left to convert
    and (payments.first_paid_on is null or payments.first_paid_on >= first_trials.started_on)
