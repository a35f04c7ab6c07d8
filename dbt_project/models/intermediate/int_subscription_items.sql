with checked as (
    select * from {{ ref('int_subscription_item_checks') }}
    where rule is null
)

select
    source_system,
    subscription_item_id,
    subscription_id,
    account_id,
    customer_id,
    product_id,
    paid_from,
    paid_to,
    monthly_amount
from checked
where is_recurring
    and not is_usage_based
    and not is_trial_only
    and monthly_amount > 0
    and (paid_to is null or paid_to > paid_from)
