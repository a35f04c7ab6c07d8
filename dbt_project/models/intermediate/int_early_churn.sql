with parameters as (
    select early_churn_days, silence_days from {{ ref('int_metric_parameters') }}
),

payments as (
    select
        payments.*,
        {{ add_days('payments.first_paid_on', 'parameters.early_churn_days') }} as matured_on,
        parameters.silence_days
    from {{ ref('int_first_payments') }} as payments
    cross join parameters
),

active_days as (
    select source_system, account_key, product_id, usage_date
    from {{ ref('int_usage_key_days') }}
    where active_event_count > 0 and usage_date <= {{ as_of_date() }}
),

-- where an active event never occurs nobody can tell silence from missing data
tracking as (
    select product_id, min(usage_date) as recorded_from
    from active_days
    group by product_id
),

-- the portfolio's key is empty: it tells the scopes apart too
tracked as (
    select product_id as product_key, recorded_from from tracking
    union all
    select '' as product_key, min(recorded_from) as recorded_from from tracking
),

watched as (
    select payments.product_key, payments.customer_id, payments.first_paid_on,
        payments.matured_on, payments.silence_days
    from payments
    inner join tracked
        on payments.product_key = tracked.product_key
        and payments.first_paid_on >= tracked.recorded_from
),

-- few days of use are among a customer's first ones, whatever is watched there
first_days as (
    select customer_id, min(first_paid_on) as opens_on, max(matured_on) as closes_on
    from watched
    group by customer_id
),

known_days as (
    select keys.customer_id, active_days.product_id, active_days.usage_date
    from active_days
    inner join {{ ref('int_usage_identity') }} as keys
        on active_days.source_system = keys.source_system
        and active_days.account_key = keys.account_key
    inner join first_days
        on keys.customer_id = first_days.customer_id
        and active_days.usage_date >= first_days.opens_on
        and active_days.usage_date < first_days.closes_on
    where keys.exists_from is null or active_days.usage_date >= keys.exists_from
),

-- the day before the first, each day with an active event and the day after the last bound the
-- silences: all days between two such marks are silent, and neither mark is
marks as (
    select product_key, customer_id, silence_days,
        {{ add_days('first_paid_on', -1) }} as marked_on
    from watched
    union all
    select product_key, customer_id, silence_days, matured_on as marked_on from watched
    {%- for key in ["''", 'known_days.product_id'] %}
    union all
    select watched.product_key, watched.customer_id, watched.silence_days,
        known_days.usage_date as marked_on
    from watched
    inner join known_days
        on watched.customer_id = known_days.customer_id
        and watched.product_key = {{ key }}
        and known_days.usage_date >= watched.first_paid_on
        and known_days.usage_date < watched.matured_on
    {%- endfor %}
),

gaps as (
    select
        product_key, customer_id, silence_days, marked_on,
        lag(marked_on) over (
            partition by product_key, customer_id order by marked_on
        ) as last_marked_on
    from marks
),

silences as (
    select product_key, customer_id,
        max(case when {{ days_between('last_marked_on', 'marked_on') }} - 1 >= silence_days
            then 1 else 0 end) as is_silent
    from gaps
    group by product_key, customer_id
)

select
    payments.scope,
    payments.product_id,
    payments.customer_id,
    payments.first_paid_on as segment_date,
    payments.matured_on,
    payments.terms,
    case when payments.first_unpaid_on < payments.matured_on then 1 else 0 end as has_left,
    -- null: nothing was recorded yet when the customer began
    silences.is_silent
from payments
left join silences
    on payments.product_key = silences.product_key
    and payments.customer_id = silences.customer_id
