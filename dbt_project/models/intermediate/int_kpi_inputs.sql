with subscriptions as (
    select count(*) as row_count from {{ ref('int_subscription_items') }}
),

opportunities as (
    select
        count(*) as row_count,
        max(case when state = 'closed_unknown' then 1 else 0 end) = 1
            and max(case when state in ('won', 'lost') then 1 else 0 end) = 0 as lacks_outcomes
    from {{ ref('int_opportunities') }}
),

spend as (
    select count(*) as row_count from {{ ref('int_spend_months') }}
),

usage_keys as (
    select count(*) as row_count from {{ ref('int_usage_account_keys') }}
),

tickets as (
    select count(*) as row_count from {{ ref('int_tickets') }}
),

support_days as (
    select count(*) as row_count from {{ ref('int_support_days') }}
),

answers as (
    select count(*) as row_count from {{ ref('int_survey_answers') }}
),

trials as (
    select count(*) as row_count from {{ ref('int_trials') }}
)

select 'subscriptions' as input, row_count > 0 as is_loaded,
    'no paying customer in the cohort month' as reason_empty
from subscriptions
union all
select 'opportunities', row_count > 0,
    case
        when lacks_outcomes then 'no closed deal says whether it was won'
        else 'no new deal was closed in the window'
    end
from opportunities
union all
select 'spend', row_count > 0, 'no spend and no new logos in the window' from spend
union all
select 'usage', row_count > 0, 'no customer whose usage and start are recorded'
from usage_keys
union all
select 'tickets', row_count > 0, 'no ticket that was followed long enough, or nobody who pays'
from tickets
union all
select 'tickets and usage', tickets.row_count > 0 and usage_keys.row_count > 0,
    'no ticket yet, or no paying customer with an active user'
from tickets
cross join usage_keys
union all
select 'tickets and support hours', tickets.row_count > 0 and support_days.row_count > 0,
    'no ticket that was followed long enough, or nobody who pays'
from tickets
cross join support_days
union all
select 'surveys', row_count > 0, 'nobody answered in the window, or nobody who pays' from answers
union all
select 'trials', row_count > 0, 'no trial that ended long enough ago' from trials
