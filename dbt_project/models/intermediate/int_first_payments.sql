with items as (
    select * from {{ ref('int_subscription_items') }}
),

unpaid as (
    select source_system, subscription_id, valid_from,
        coalesce(valid_to, cast('9999-12-31' as date)) as valid_until
    from {{ ref('int_subscription_unpaid_periods') }}
),

-- an item earns from its start, and again from the end of each unpaid period within it
openings as (
    select source_system, subscription_item_id, subscription_id, customer_id, product_id,
        monthly_factor, paid_from as earns_from,
        coalesce(paid_to, cast('9999-12-31' as date)) as paid_until
    from items
    union all
    select items.source_system, items.subscription_item_id, items.subscription_id,
        items.customer_id, items.product_id, items.monthly_factor,
        unpaid.valid_until as earns_from,
        coalesce(items.paid_to, cast('9999-12-31' as date)) as paid_until
    from items
    inner join unpaid
        on items.source_system = unpaid.source_system
        and items.subscription_id = unpaid.subscription_id
        and items.paid_from < unpaid.valid_until
),

periods as (
    select openings.customer_id, openings.product_id, openings.monthly_factor,
        openings.earns_from,
        -- without an unpaid period there is no start of one; least() passes over nulls
        least(openings.paid_until, min(unpaid.valid_from)) as earns_until
    from openings
    left join unpaid
        on openings.source_system = unpaid.source_system
        and openings.subscription_id = unpaid.subscription_id
        and openings.earns_from < unpaid.valid_until
    group by openings.subscription_item_id, openings.source_system, openings.customer_id,
        openings.product_id, openings.monthly_factor, openings.earns_from, openings.paid_until
),

scoped as (
    select 'portfolio' as scope, cast(null as {{ dbt.type_string() }}) as product_id,
        '' as product_key, customer_id, monthly_factor, earns_from, earns_until
    from periods
    where earns_until > earns_from and earns_from <= {{ as_of_date() }}
    union all
    select 'product' as scope, product_id, product_id as product_key, customer_id, monthly_factor,
        earns_from, earns_until
    from periods
    where earns_until > earns_from and earns_from <= {{ as_of_date() }}
),

covered as (
    select
        *,
        min(earns_from) over (partition by scope, product_key, customer_id) as first_paid_on,
        max(earns_until) over (
            partition by scope, product_key, customer_id
            order by earns_from, earns_until rows unbounded preceding
        ) as covered_until,
        lead(earns_from) over (
            partition by scope, product_key, customer_id order by earns_from, earns_until
        ) as next_from
    from scoped
)

select
    scope,
    product_id,
    product_key,
    customer_id,
    first_paid_on,
    -- the first day without MRR; a period that another one continues is no end
    min(case
        when covered_until <= {{ as_of_date() }}
            and (next_from is null or next_from > covered_until) then covered_until
    end) as first_unpaid_on,
    -- by the longest of the terms that began on the first day: it binds the customer
    case
        when min(case when earns_from = first_paid_on then monthly_factor end) > 0.999
            then 'monthly'
        else 'longer'
    end as terms
from covered
group by scope, product_id, product_key, customer_id, first_paid_on
