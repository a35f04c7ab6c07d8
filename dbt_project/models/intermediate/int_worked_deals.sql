with new_deals as (
    select
        scope, coalesce(product_id, '') as product_key, segment_scheme,
        case when is_won_before then 'won_before' else segment end as segment,
        worked_from_month, worked_to_month
    from {{ ref('int_deal_segments') }}
    where not is_won_before or segment_scheme = 'all'
),

-- effort on customers that one already has: no segment, only how much of all effort it was
other_deals as (
    select
        product_id,
        {{ worked_from_month('created_on', 'closed_on') }} as worked_from_month,
        {{ worked_to_month('created_on', 'closed_on', 'parameters.deal_worked_months') }}
            as worked_to_month
    from {{ ref('int_opportunities') }}
    cross join {{ ref('int_metric_parameters') }} as parameters
    -- of an unknown type one cannot say on whom the effort was
    where opportunity_type in ('expansion', 'renewal')
),

deals as (
    select scope, product_key, segment_scheme, segment, worked_from_month, worked_to_month
    from new_deals
    union all
    select 'portfolio', '', 'all', 'existing_customers', worked_from_month, worked_to_month
    from other_deals
    union all
    select 'product', product_id, 'all', 'existing_customers', worked_from_month, worked_to_month
    from other_deals
    where product_id is not null
),

dated as (
    select * from deals where worked_from_month is not null
),

steps as (
    select scope, product_key, segment_scheme, segment, worked_from_month as period_month,
        count(*) as step
    from dated
    group by scope, product_key, segment_scheme, segment, worked_from_month
    union all
    select scope, product_key, segment_scheme, segment, worked_to_month as period_month,
        -1 * count(*) as step
    from dated
    group by scope, product_key, segment_scheme, segment, worked_to_month
),

cells as (
    select distinct scope, product_key, segment_scheme, segment from steps
),

-- months with spend are all that is asked for
asked as (
    select distinct period_month from {{ ref('int_spend_months') }}
),

summed as (
    select scope, product_key, segment_scheme, segment, period_month, sum(step) as step
    from (
        select scope, product_key, segment_scheme, segment, period_month, step from steps
        union all
        select
            cells.scope, cells.product_key, cells.segment_scheme, cells.segment,
            asked.period_month, 0
        from cells
        cross join asked
    ) as stepped
    group by scope, product_key, segment_scheme, segment, period_month
),

running as (
    select
        *,
        sum(step) over (
            partition by scope, product_key, segment_scheme, segment
            order by period_month rows unbounded preceding
        ) as deal_count
    from summed
)

select
    running.scope, running.product_key, running.segment_scheme, running.segment,
    running.period_month,
    cast(running.deal_count as bigint) as deal_count
from running
inner join asked on running.period_month = asked.period_month
where running.deal_count > 0
