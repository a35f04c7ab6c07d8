with answers as (
    select * from {{ ref('int_survey_answers') }}
),

parameters as (
    select survey_window_months from {{ ref('int_metric_parameters') }}
),

windows as (
    select periods.period_month, periods.measured_on, months.period_month as window_month
    from {{ ref('int_months') }} as periods
    cross join parameters
    inner join {{ ref('int_months') }} as months
        on {{ months_between('months.period_month', 'periods.period_month') }}
            between 0 and parameters.survey_window_months - 1
    where periods.is_reported
),

mrr as (
    select 'portfolio' as scope, '' as product_key, customer_id, period_month, mrr
    from {{ ref('int_customer_mrr_months') }}
    union all
    select 'product', product_id, customer_id, period_month, mrr
    from {{ ref('int_product_mrr_months') }}
),

scoped as (
    select 'portfolio' as scope, cast(null as {{ dbt.type_string() }}) as scope_product_id,
        answers.*, {{ month_start(day_of('submitted_at')) }} as submitted_month
    from answers
    union all
    select 'product', product_id, answers.*, {{ month_start(day_of('submitted_at')) }}
    from answers
    where product_id is not null
),

-- one voice per person: of several answers in the window the last one counts
ordered as (
    select
        scoped.scope,
        scoped.scope_product_id as product_id,
        scoped.survey_type,
        scoped.customer_id,
        scoped.points,
        windows.period_month,
        windows.measured_on,
        row_number() over (
            partition by scoped.scope, scoped.scope_product_id, scoped.survey_type,
                scoped.respondent, windows.period_month
            order by scoped.submitted_at desc, scoped.source_system, scoped.response_id desc
        ) as position
    from scoped
    inner join windows on scoped.submitted_month = windows.window_month
    where {{ day_of('scoped.submitted_at') }} <= windows.measured_on
),

voices as (
    select scope, product_id, survey_type, customer_id, period_month, measured_on, points
    from ordered
    where position = 1
),

accounts as (
    select
        scope, product_id, survey_type, customer_id, period_month, measured_on,
        avg(cast(points as double precision)) as points
    from voices
    where customer_id is not null
    group by scope, product_id, survey_type, customer_id, period_month, measured_on
)

select scope, product_id, survey_type, 'responses' as weighting, customer_id, period_month,
    measured_on as segment_date, cast(points as double precision) as points,
    cast(1 as double precision) as weight
from voices
union all
select scope, product_id, survey_type, 'account_mean', customer_id, period_month, measured_on,
    points, 1
from accounts
union all
select accounts.scope, accounts.product_id, accounts.survey_type, 'mrr_weighted',
    accounts.customer_id, accounts.period_month, accounts.measured_on, accounts.points,
    cast(mrr.mrr as double precision)
from accounts
inner join mrr
    on accounts.scope = mrr.scope
    and coalesce(accounts.product_id, '') = mrr.product_key
    and accounts.customer_id = mrr.customer_id
    and accounts.period_month = mrr.period_month
where mrr.mrr > 0
