with spend as (
    select * from {{ ref('stg_marketing__spend') }} where reject_reason is null
),

company as (
    select reporting_currency from {{ source('icp_registry', 'company') }}
),

rates as (
    select currency, rate_to_reporting from {{ ref('int_fx_rates') }}
),

aliases as (
    select product_key, product_id from {{ ref('int_product_aliases') }}
),

named as (
    select
        spend.*,
        case
            when spend.category in ('media', 'ads', 'advertising') then 'media'
            when spend.category in ('programmes', 'programme', 'programs', 'program', 'events')
                then 'programmes'
            when spend.category in ('tools', 'tool', 'software') then 'tools'
            when spend.category in ('people', 'salaries', 'payroll', 'headcount') then 'people'
            when spend.category in ('commission', 'commissions') then 'commission'
            when spend.category = 'overhead' then 'overhead'
        end as known_category
    from spend
)

select
    named.source_system,
    {{ month_start('named.spend_date') }} as period_month,
    named.channel,
    named.campaign_id,
    named.known_category as category,
    -- null: spent for the company as a whole
    aliases.product_id,
    {{ money('named.amount * rates.rate_to_reporting') }} as spend,
    company.reporting_currency,
    cast(named.spend_date as {{ dbt.type_string() }}) || '|' || named.channel as row_key,
    named.source_file,
    named.source_row,
    named.loaded_at,
    case
        when named.known_category is null then 'unknown category'
        when named.product_id is not null and aliases.product_id is null then 'unknown product'
        when rates.rate_to_reporting is null then 'currency without rate'
    end as rule
from named
cross join company
left join aliases on lower(named.product_id) = aliases.product_key
left join rates on coalesce(named.currency, company.reporting_currency) = rates.currency
