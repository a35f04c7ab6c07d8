with spend as (
    select * from {{ ref('int_spend_months') }}
)

select
    period_month,
    channel,
    campaign_id,
    category,
    product_id,
    spend,
    reporting_currency,
    source_system
from spend
