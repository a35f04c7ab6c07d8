{#- Every accepted quote up to the as-of date as a rate to the reporting currency. A pair may be quoted
    either way round; `preference` puts the direct quote first on the same day. -#}
{% macro reporting_quotes() -%}
    select
        rates.from_currency as currency,
        rates.rate as rate_to_reporting,
        rates.rate_date,
        1 as preference
    from {{ ref('stg_finance__fx_rates') }} as rates
    inner join {{ source('icp_registry', 'company') }} as company
        on rates.to_currency = company.reporting_currency
    where rates.reject_reason is null and rates.rate_date <= {{ as_of_date() }}
        and rates.from_currency <> company.reporting_currency
    union all
    select
        rates.to_currency as currency,
        1 / rates.rate as rate_to_reporting,
        rates.rate_date,
        2 as preference
    from {{ ref('stg_finance__fx_rates') }} as rates
    inner join {{ source('icp_registry', 'company') }} as company
        on rates.from_currency = company.reporting_currency
    where rates.reject_reason is null and rates.rate_date <= {{ as_of_date() }}
        and rates.to_currency <> company.reporting_currency
{%- endmacro %}
