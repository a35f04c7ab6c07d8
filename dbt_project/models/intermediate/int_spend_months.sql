with spend as (
    select * from {{ ref('int_spend_checks') }} where rule is null
)

select
    source_system,
    period_month,
    channel,
    campaign_id,
    category,
    product_id,
    cast(sum(spend) as numeric(18, 2)) as spend,
    reporting_currency
from spend
group by
    source_system, period_month, channel, campaign_id, category, product_id, reporting_currency
