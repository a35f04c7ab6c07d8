with parameters as (
    select waterfall_rates from {{ ref('int_metric_parameters') }}
),

months as (
    select period_month from {{ ref('int_months') }}
),

ranked as (
    select
        *,
        {{ dbt.date_trunc('month', 'rate_date') }} as quoted_month,
        row_number() over (
            partition by currency, {{ dbt.date_trunc('month', 'rate_date') }}
            order by rate_date desc, preference, rate_to_reporting
        ) as position
    from ({{ reporting_quotes() }}) as quotes
),

-- at constant rates no month has a rate of its own, and there is nothing to convert again
last_quotes as (
    select ranked.currency, cast(ranked.quoted_month as date) as quoted_month,
        ranked.rate_to_reporting
    from ranked
    cross join parameters
    where ranked.position = 1 and parameters.waterfall_rates = 'period'
),

currencies as (
    select currency, min(quoted_month) as first_month
    from last_quotes
    group by currency
),

spells as (
    select
        currencies.currency,
        months.period_month,
        months.period_month < currencies.first_month as is_before_first,
        last_quotes.rate_to_reporting,
        -- a quote holds until the next one: months without are of its spell
        count(last_quotes.rate_to_reporting) over (
            partition by currencies.currency order by months.period_month
        ) as spell
    from currencies
    cross join months
    left join last_quotes
        on currencies.currency = last_quotes.currency
        and months.period_month = last_quotes.quoted_month
),

held as (
    select
        currency,
        period_month,
        is_before_first,
        -- months before the first quote have no spell's rate: they take the first
        max(rate_to_reporting) over (
            partition by currency, case when is_before_first then 1 else spell end
        ) as month_rate
    from spells
)

select
    currency,
    period_month,
    is_before_first,
    month_rate,
    coalesce(
        lead(month_rate) over (partition by currency order by period_month), month_rate
    ) as next_month_rate
from held
