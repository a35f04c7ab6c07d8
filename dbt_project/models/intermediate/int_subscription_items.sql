with checked as (
    select * from {{ ref('int_subscription_item_checks') }}
    where rule is null
),

parameters as (
    select usage_items from {{ ref('int_metric_parameters') }}
)

select
    checked.source_system,
    checked.subscription_item_id,
    checked.subscription_id,
    checked.account_id,
    checked.customer_id,
    checked.product_id,
    checked.paid_from,
    checked.paid_to,
    checked.currency,
    checked.interval_amount,
    checked.monthly_factor,
    checked.monthly_amount
from checked
cross join parameters
where checked.is_recurring
    and case parameters.usage_items
        when 'included' then true
        when 'committed' then checked.is_committed or not checked.is_usage_based
        else not checked.is_usage_based
    end
    and not checked.is_trial_only
    and checked.monthly_amount > 0
    and (checked.paid_to is null or checked.paid_to > checked.paid_from)
