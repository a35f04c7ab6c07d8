with starts as (
    select * from {{ ref('int_customer_starts') }}
),

-- the cost of a customer is what one cost when it came: the window that ends with its first month
costs as (
    select scope, product_key, segment_scheme, segment, period_month, metric_definition,
        lag_definition,
        spend / cast(logo_count as double precision) as cac
    from {{ ref('int_segment_cac') }}
    where missing_categories is null and logo_count > 0 and spend > 0
),

whole_months as (
    select max(period_month) as last_month from {{ ref('int_months') }} where is_complete
),

unmargined as (
    select scope, product_key, customer_id from {{ ref('int_revenue_changes') }}
    where unmargined_step <> 0
),

runs as (
    select
        changes.scope, changes.product_key, changes.customer_id, changes.period_month,
        sum(changes.profit_step) over payer as monthly_profit,
        min(changes.period_month) over payer as first_month,
        coalesce(
            lead(changes.period_month) over payer, {{ add_months('whole_months.last_month', 1) }}
        ) as next_month
    from {{ ref('int_revenue_changes') }} as changes
    cross join whole_months
    window payer as (
        partition by changes.scope, changes.product_key, changes.customer_id
        order by changes.period_month
    )
),

lengths as (
    select
        *,
        {{ months_between('first_month', 'period_month') }} as months_before,
        {{ months_between('period_month', 'next_month') }} as month_count
    from runs
),

-- profit is a broken line: between two changes it grows by the same amount each month
lines as (
    select
        *,
        coalesce(sum(monthly_profit * month_count) over (
            partition by scope, product_key, customer_id order by period_month
            rows between unbounded preceding and 1 preceding
        ), 0) as profit_before
    from lengths
),

charged as (
    select
        starts.scope, starts.product_key, starts.segment_scheme, starts.segment,
        starts.customer_id, starts.first_month,
        costs.metric_definition, costs.lag_definition, costs.cac,
        {{ months_between('starts.first_month', 'whole_months.last_month') }} + 1 as followed_months
    from starts
    cross join whole_months
    inner join costs
        on starts.scope = costs.scope
        and starts.product_key = costs.product_key
        and starts.segment_scheme = costs.segment_scheme
        and starts.segment = costs.segment
        and starts.first_month = costs.period_month
    left join unmargined
        on starts.scope = unmargined.scope
        and starts.product_key = unmargined.product_key
        and starts.customer_id = unmargined.customer_id
    where starts.first_month <= whole_months.last_month and unmargined.customer_id is null
),

-- who left before paying back stays among those that have not paid back: leaving is no reason to
-- stop counting
timed as (
    select
        charged.*,
        lines.months_before + ceil(
            (charged.cac - lines.profit_before) / lines.monthly_profit - 1e-9
        ) as paid_back_after
    from charged
    left join lines
        on charged.scope = lines.scope
        and charged.product_key = lines.product_key
        and charged.customer_id = lines.customer_id
        and charged.cac > lines.profit_before + 1e-9
        and charged.cac <= lines.profit_before + lines.monthly_profit * lines.month_count + 1e-9
)

select
    scope, product_key, segment_scheme, segment, metric_definition, lag_definition, first_month,
    cast(coalesce(paid_back_after, followed_months) as integer) as month_count,
    paid_back_after is not null as is_paid_back,
    count(*) as customer_count
from timed
group by
    scope, product_key, segment_scheme, segment, metric_definition, lag_definition, first_month,
    cast(coalesce(paid_back_after, followed_months) as integer), paid_back_after is not null
