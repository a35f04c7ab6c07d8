with company as (
    select fiscal_year_start_month from {{ source('icp_registry', 'company') }}
),

-- 20 years: longer than any subscription, and small
days as (
    select day as calendar_date from ({{ day_spine(7305) }}) as spine
),

shifted as (
    select
        days.calendar_date,
        -- in the fiscal year that begins this month, January is its first month
        {{ add_months('days.calendar_date', '1 - company.fiscal_year_start_month') }}
            as fiscal_date,
        company.fiscal_year_start_month
    from days
    cross join company
)

select
    calendar_date,
    {{ month_start('calendar_date') }} as period_month,
    cast({{ dbt.date_trunc('quarter', 'calendar_date') }} as date) as quarter_start,
    cast(extract(year from calendar_date) as integer) as calendar_year,
    -- named after the year in which it ends
    cast(
        extract(year from fiscal_date) + case when fiscal_year_start_month > 1 then 1 else 0 end
        as integer
    ) as fiscal_year,
    cast(extract(quarter from fiscal_date) as integer) as fiscal_quarter
from shifted
