with tickets as (
    select
        tickets.customer_id,
        tickets.product_id,
        {{ day_of('tickets.created_at') }} as created_on,
        -- the company wrote first: nobody waited for a reply
        case when tickets.is_agent_opened then 0 else 1 end as asked_count,
        case
            when tickets.is_agent_opened then null
            else {{ minutes_between('tickets.created_at', 'tickets.first_reply_at') }}
        end as first_reply_minutes,
        waits.first_reply_open_minutes,
        {{ minutes_between('tickets.created_at', 'tickets.solved_at') }} as resolution_minutes,
        tickets.csat_score,
        tickets.is_csat_positive
    from {{ ref('int_tickets') }} as tickets
    left join {{ ref('int_ticket_open_minutes') }} as waits
        on tickets.source_system = waits.source_system
        and tickets.ticket_id = waits.ticket_id
),

parameters as (
    select ticket_follow_up_days, first_reply_target_minutes from {{ ref('int_metric_parameters') }}
),

months as (
    select period_month, measured_on from {{ ref('int_months') }} where is_reported
),

-- every ticket is followed equally long, so a recent one is neither slow nor left out by its age
followed as (
    select
        tickets.*,
        {{ add_days('tickets.created_on', 'parameters.ticket_follow_up_days') }} as followed_until,
        parameters.ticket_follow_up_days * 1440 as follow_up_minutes,
        parameters.first_reply_target_minutes
    from tickets
    cross join parameters
),

judged as (
    select
        followed.customer_id,
        followed.product_id,
        followed.created_on as segment_date,
        months.period_month,
        followed.asked_count,
        case
            when followed.first_reply_minutes <= followed.follow_up_minutes
            then followed.first_reply_minutes
        end as first_reply_minutes,
        case
            when followed.first_reply_minutes <= followed.follow_up_minutes
            then followed.first_reply_open_minutes
        end as first_reply_open_minutes,
        case
            when followed.resolution_minutes <= followed.follow_up_minutes
            then followed.resolution_minutes
        end as resolution_minutes,
        -- nobody replied is a target missed
        case
            when followed.first_reply_minutes <= followed.first_reply_target_minutes then 1 else 0
        end as within_target_count,
        case when followed.csat_score is not null then 1 else 0 end as rated_count,
        case when followed.is_csat_positive then 1 else 0 end as positive_count
    from followed
    inner join months
        on {{ month_start('followed.followed_until') }} = months.period_month
        and followed.followed_until <= months.measured_on
)

select 'portfolio' as scope, cast(null as {{ dbt.type_string() }}) as product_id, customer_id,
    segment_date, period_month, asked_count, first_reply_minutes, first_reply_open_minutes,
    resolution_minutes, within_target_count, rated_count, positive_count
from judged
union all
select 'product', product_id, customer_id, segment_date, period_month, asked_count,
    first_reply_minutes, first_reply_open_minutes, resolution_minutes, within_target_count,
    rated_count, positive_count
from judged
where product_id <> 'unknown'
