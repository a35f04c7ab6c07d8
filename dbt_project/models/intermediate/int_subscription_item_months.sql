with items as (
    select * from {{ ref('int_subscription_items') }}
),

months as (
    select period_month, measured_on, is_complete from {{ ref('int_months') }}
),

rates as (
    select currency, period_month, month_rate, next_month_rate
    from {{ ref('int_fx_month_rates') }}
),

unpaid as (
    select * from {{ ref('int_subscription_unpaid_periods') }}
),

-- an open end reaches the as-of month and no further: the spine ends there
covered as (
    select
        items.source_system,
        items.subscription_item_id,
        items.subscription_id,
        items.customer_id,
        items.product_id,
        months.period_month,
        months.measured_on,
        items.currency,
        items.interval_amount * items.monthly_factor as original_amount,
        items.monthly_amount
    from items
    inner join months
        on months.measured_on >= items.paid_from
        and (items.paid_to is null or months.measured_on < items.paid_to)
)

select
    covered.source_system,
    covered.subscription_item_id,
    covered.customer_id,
    covered.product_id,
    covered.period_month,
    covered.monthly_amount,
    -- the reporting currency, and every other one at constant rates, has no rate of the month
    {%- for name in ('month_rate', 'next_month_rate') %}
    coalesce(
        {{ money('cast(covered.original_amount * rates.' ~ name ~ ' as numeric(18, 6))') }},
        covered.monthly_amount
    ) as amount_at_{{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from covered
left join rates
    on covered.currency = rates.currency
    and covered.period_month = rates.period_month
left join unpaid
    on covered.source_system = unpaid.source_system
    and covered.subscription_id = unpaid.subscription_id
    and covered.measured_on >= unpaid.valid_from
    and covered.measured_on < coalesce(unpaid.valid_to, cast('9999-12-31' as date))
where unpaid.subscription_id is null
