with reporting as (
    select
        company.reporting_currency,
        -- one rate for all history, so that a rate that moves is never growth or churn
        case parameters.fx_rule
            when 'fiscal_year_start' then {{ add_months(
                dbt.date_trunc('year', add_months(as_of_date(),
                    '1 - company.fiscal_year_start_month')),
                'company.fiscal_year_start_month - 1') }}
            else {{ as_of_date() }}
        end as fixed_on
    from {{ source('icp_registry', 'company') }} as company
    cross join {{ ref('int_metric_parameters') }} as parameters
),

quotes as (
    select quotes.*, reporting.fixed_on
    from ({{ reporting_quotes() }}) as quotes
    cross join reporting
),

ranked as (
    select
        *,
        row_number() over (
            partition by currency
            order by
                -- the last quote up to the day; a currency first quoted later, by its first quote
                case when rate_date <= fixed_on then 0 else 1 end,
                case when rate_date <= fixed_on then rate_date end desc,
                rate_date,
                preference,
                rate_to_reporting
        ) as position
    from quotes
)

select
    ranked.currency,
    ranked.rate_to_reporting,
    ranked.rate_date,
    reporting.reporting_currency
from ranked
cross join reporting
where ranked.position = 1
union all
select
    reporting_currency as currency,
    cast(1 as double precision) as rate_to_reporting,
    {{ as_of_date() }} as rate_date,
    reporting_currency
from reporting
