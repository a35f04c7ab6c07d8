with parameters as (
    select * from {{ ref('int_metric_parameters') }}
),

whole_months as (
    select max(period_month) as last_month from {{ ref('int_months') }} where is_complete
),

revenue as (
    select
        months.customer_id, months.period_month, months.mrr,
        months.mrr * coalesce(products.gross_margin, 0) as profit,
        case when products.gross_margin is null then months.mrr else 0 end as unmargined,
        months.period_month <= whole_months.last_month as is_over,
        {{ months_between('months.period_month', 'whole_months.last_month') }} as months_ago,
        parameters.cost_to_serve_months
    from {{ ref('int_product_mrr_months') }} as months
    cross join whole_months
    cross join parameters
    left join {{ ref('int_products') }} as products on months.product_id = products.product_id
),

-- a month is earned when it is over; what is paid in the as-of month says what comes next
earned as (
    select
        customer_id,
        min(period_month) as first_paid_month,
        max(months_ago) as followed_months,
        sum(case when is_over then mrr else 0 end) as revenue_to_date,
        sum(case when is_over then profit else 0 end) as profit_to_date,
        sum(unmargined) as unmargined_revenue,
        sum(case when is_over and months_ago < cost_to_serve_months then mrr else 0 end)
            as recent_revenue,
        sum(case when period_month = {{ as_of_month() }} then mrr else 0 end) as current_mrr,
        sum(case when period_month = {{ as_of_month() }} then profit else 0 end)
            as current_profit
    from revenue
    group by customer_id
),

tickets as (
    select
        tickets.customer_id,
        {{ months_between(month_start(day_of('tickets.created_at')), 'whole_months.last_month') }}
            as months_ago,
        -- a ticket that nobody answered was read at least; one that an agent opened was written
        coalesce(
            tickets.handle_minutes,
            parameters.support_minutes_per_touch * case
                when tickets.is_agent_opened then tickets.public_reply_count + 1
                else greatest(tickets.public_reply_count, 1)
            end
        ) as minutes,
        parameters.cost_to_serve_months
    from {{ ref('int_tickets') }} as tickets
    cross join whole_months
    cross join parameters
),

handled as (
    select
        customer_id,
        sum(case when minutes is null then 1 else 0 end) as unmeasured_count,
        sum(minutes) as minutes_to_date,
        sum(case when months_ago < cost_to_serve_months then minutes else 0 end)
            as recent_minutes
    from tickets
    where months_ago >= 0
    group by customer_id
),

desk as (
    select count(*) as ticket_count from {{ ref('int_tickets') }}
)

select
    earned.customer_id,
    earned.first_paid_month,
    greatest(earned.followed_months, 0) as followed_months,
    earned.revenue_to_date,
    earned.recent_revenue,
    earned.current_mrr,
    earned.current_profit,
    case when earned.unmargined_revenue = 0 then earned.profit_to_date end as profit_to_date,
    -- null: no desk whose tickets could be counted, or tickets that nobody timed
    case when desk.ticket_count > 0 and coalesce(handled.unmeasured_count, 0) = 0
        then coalesce(handled.minutes_to_date, 0) end as minutes_to_date,
    case when desk.ticket_count > 0 and coalesce(handled.unmeasured_count, 0) = 0
        then coalesce(handled.recent_minutes, 0) end as recent_minutes,
    desk.ticket_count > 0 as has_desk
from earned
cross join desk
left join handled on earned.customer_id = handled.customer_id
