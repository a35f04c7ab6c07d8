-- before the first ticket, answer or event of a scope, and after the last one of the whole source,
-- "none" and "not recorded" look alike
with tickets as (
    select product_id, {{ day_of('created_at') }} as created_on from {{ ref('int_tickets') }}
),

answers as (
    select scope, coalesce(product_id, '') as product_key, period_month
    from {{ ref('int_survey_observations') }}
    where survey_type = 'nps'
),

used as (
    select scope, coalesce(product_id, '') as product_key, period_month
    from {{ ref('int_usage_account_months') }}
),

begun as (
    select 'tickets' as needs, 'portfolio' as scope, '' as product_key,
        {{ month_start('min(created_on)') }} as recorded_from
    from tickets
    union all
    select 'tickets', 'product', product_id, {{ month_start('min(created_on)') }}
    from tickets
    group by product_id
    union all
    select 'surveys', scope, product_key, min(period_month) from answers
    group by scope, product_key
    union all
    select 'usage', scope, product_key, min(period_month) from used
    group by scope, product_key
),

-- a product without a ticket this month has none, as long as any other has one. The running month
-- may be a day old: it is judged by the 28 days up to the as-of date, as the month's usage is.
-- Answers are asked for by the window, so a quarter between two rounds is no end.
ended as (
    select 'tickets' as needs,
        case
            when max(created_on) >= {{ add_days(as_of_date(), 1 - usage_window_days()) }}
            then {{ as_of_month() }}
            else {{ month_start('max(created_on)') }}
        end as recorded_to
    from tickets
    where created_on <= {{ as_of_date() }}
    union all
    select 'surveys', max(period_month) from answers
    union all
    select 'usage', max(period_month) from used
),

spans as (
    select begun.needs, begun.scope, begun.product_key, begun.recorded_from, ended.recorded_to
    from begun
    inner join ended on begun.needs = ended.needs
)

select needs, scope, product_key, recorded_from, recorded_to from spans
union all
select 'tickets and usage', tickets.scope, tickets.product_key,
    greatest(tickets.recorded_from, used.recorded_from),
    least(tickets.recorded_to, used.recorded_to)
from spans as tickets
inner join spans as used
    on tickets.scope = used.scope and tickets.product_key = used.product_key
where tickets.needs = 'tickets' and used.needs = 'usage'
