with parameters as (
    select discounts from {{ ref('int_metric_parameters') }}
),

items as (
    select * from {{ ref('stg_billing__subscription_items') }} where reject_reason is null
),

terms as (
    select * from {{ ref('int_subscription_terms') }}
),

aliases as (
    select product_key, product_id from {{ ref('int_product_aliases') }}
),

rates as (
    select currency, rate_to_reporting from {{ ref('int_fx_rates') }}
),

joined as (
    select
        items.source_system,
        items.subscription_item_id,
        items.subscription_id,
        terms.subscription_id as known_subscription_id,
        terms.rule as subscription_rule,
        terms.account_id,
        terms.customer_id,
        lower(coalesce(items.product_id, terms.product_id, '')) as product_key,
        coalesce(items.currency, terms.currency, terms.reporting_currency) as currency,
        coalesce(items.is_recurring, true) as is_recurring,
        coalesce(items.is_usage_based, false) as is_usage_based,
        coalesce(items.is_committed, false) as is_committed,
        terms.is_trial_only,
        greatest(items.valid_from, terms.paid_from) as paid_from,
        -- null is open: engines differ in least() with nulls
        case
            when items.valid_to is null then terms.closed_on
            when terms.closed_on is null then items.valid_to
            else least(items.valid_to, terms.closed_on)
        end as paid_to,
        items.valid_from,
        items.valid_to,
        {{ monthly_factor('items.billing_interval', 'items.interval_count') }} as monthly_factor,
        coalesce(items.quantity, 1) * items.unit_amount
            * (1 - case when parameters.discounts = 'subtracted'
                then coalesce(items.discount_percent, 0) else 0 end / 100.0)
            - case when parameters.discounts = 'subtracted'
                then coalesce(items.discount_amount, 0) else 0 end as interval_amount,
        items.source_file,
        items.source_row,
        items.loaded_at
    from items
    cross join parameters
    left join terms
        on items.source_system = terms.source_system
        and items.subscription_id = terms.subscription_id
)

select
    joined.*,
    coalesce(aliases.product_id, 'unknown') as product_id,
    -- first to a millionth: else the noise of the last digit decides where half a cent goes
    {{ money('cast(joined.interval_amount * joined.monthly_factor * rates.rate_to_reporting'
        ~ ' as numeric(18, 6))') }} as monthly_amount,
    case
        when joined.known_subscription_id is null then 'no such subscription'
        when joined.subscription_rule is not null
            then 'of a rejected subscription (' || joined.subscription_rule || ')'
        when joined.valid_to < joined.valid_from then 'end is before start'
        when joined.valid_to = joined.valid_from then 'ends on the day it starts'
        when joined.monthly_factor is null then 'billing_interval is not known'
        when joined.interval_amount < 0 then 'amount is negative'
        when rates.rate_to_reporting is null then 'currency without rate'
    end as rule
from joined
left join aliases on joined.product_key = aliases.product_key
left join rates on joined.currency = rates.currency
