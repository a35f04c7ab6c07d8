with months as (
    select period_month, measured_on from {{ ref('int_months') }} where is_reported
),

paying as (
    select 'portfolio' as scope, cast(null as {{ dbt.type_string() }}) as product_id,
        '' as product_key, customer_id, period_month, mrr
    from {{ ref('int_customer_mrr_months') }}
    where mrr > 0
    union all
    select 'product', product_id, product_id, customer_id, period_month, mrr
    from {{ ref('int_product_mrr_months') }}
    where mrr > 0 and product_id <> 'unknown'
),

tickets as (
    select customer_id, product_id, {{ month_start(day_of('created_at')) }} as period_month,
        -- what the company itself begins is no load (METRICS 3.9)
        sum(case when is_agent_opened then 0 else 1 end) as ticket_count
    from {{ ref('int_tickets') }}
    where {{ day_of('created_at') }} <= {{ as_of_date() }}
    group by customer_id, product_id, {{ month_start(day_of('created_at')) }}
),

ticket_months as (
    select 'portfolio' as scope, '' as product_key, customer_id, period_month,
        sum(ticket_count) as ticket_count
    from tickets
    group by customer_id, period_month
    union all
    select 'product', product_id, customer_id, period_month, ticket_count from tickets
),

answers as (
    select scope, coalesce(product_id, '') as product_key, customer_id, period_month
    from {{ ref('int_survey_observations') }}
    where survey_type = 'nps' and weighting = 'account_mean'
),

active as (
    select scope, coalesce(product_id, '') as product_key, customer_id, period_month,
        sum(active_user_count) as active_user_count, sum(user_day_count) as user_day_count
    from {{ ref('int_usage_account_months') }}
    group by scope, coalesce(product_id, ''), customer_id, period_month
),

first_values as (
    select scope, coalesce(product_id, '') as product_key, customer_id, started_on, first_value_on
    from {{ ref('int_value_starts') }}
)

-- who pays and has no ticket is a customer all the same: nothing is an answer here
select
    paying.scope,
    paying.product_id,
    paying.customer_id,
    paying.period_month,
    months.measured_on as segment_date,
    cast(paying.mrr as double precision) as mrr,
    coalesce(ticket_months.ticket_count, 0) as ticket_count,
    case when answers.customer_id is not null then 1 else 0 end as answered_count,
    -- who has paid for fewer days than the window cannot have been active in all of it
    case
        when payments.first_paid_on
            <= {{ add_days('months.measured_on', 1 - usage_window_days()) }} then 1
        else 0
    end as exposed_count,
    case when active.customer_id is not null then 1 else 0 end as active_count,
    coalesce(active.active_user_count, 0) as active_user_count,
    -- without a user there is no seat to share its tickets by
    case when active.active_user_count > 0 then coalesce(ticket_months.ticket_count, 0) else 0
    end as seat_ticket_count,
    active.user_day_count / {{ usage_window_days() }}.0 / nullif(active.active_user_count, 0)
        as stickiness,
    case when first_values.started_on <= months.measured_on then 1 else 0 end as started_count,
    case
        when first_values.first_value_on <= months.measured_on then 1 else 0
    end as valued_count
from paying
inner join months on paying.period_month = months.period_month
left join ticket_months
    on paying.scope = ticket_months.scope
    and paying.product_key = ticket_months.product_key
    and paying.customer_id = ticket_months.customer_id
    and paying.period_month = ticket_months.period_month
left join answers
    on paying.scope = answers.scope
    and paying.product_key = answers.product_key
    and paying.customer_id = answers.customer_id
    and paying.period_month = answers.period_month
left join active
    on paying.scope = active.scope
    and paying.product_key = active.product_key
    and paying.customer_id = active.customer_id
    and paying.period_month = active.period_month
left join {{ ref('int_first_payments') }} as payments
    on paying.scope = payments.scope
    and paying.product_key = payments.product_key
    and paying.customer_id = payments.customer_id
left join first_values
    on paying.scope = first_values.scope
    and paying.product_key = first_values.product_key
    and paying.customer_id = first_values.customer_id
