-- Churn would be told twice, differently: once in the waterfall, once in the KPIs.
-- Every reported month, scheme `all`, portfolio and each product; cross-sell is no growth of its
-- own product, it is outside both.
-- KPIs are at constant rates: a waterfall at the rates of each month tells other amounts.
-- A returned row is a month whose movements do not give the KPI's numerator and denominator.
with movements as (
    select '' as product_key, period_month, opening_mrr, movement, movement_amount
    from {{ ref('fct_mrr_movements') }}
    union all
    select product_id as product_key, period_month, opening_mrr, movement, movement_amount
    from {{ ref('fct_mrr_product_movements') }}
),

summed as (
    select
        product_key, period_month,
        sum(opening_mrr) as opening_mrr,
        sum(case when movement in ('churn', 'contraction') then movement_amount else 0 end)
            as lost,
        sum(case when movement = 'expansion' then movement_amount else 0 end) as expansion,
        sum(case when movement = 'reactivation' then movement_amount else 0 end) as reactivation,
        sum(case when movement = 'churn' then 1 else 0 end) as churn_count
    from movements
    group by product_key, period_month
)

select kpis.product_id, kpis.period_month, kpis.metric_definition
from {{ ref('segment_kpis') }} as kpis
cross join {{ ref('int_metric_parameters') }} as parameters
left join summed
    on coalesce(kpis.product_id, '') = summed.product_key
    and kpis.period_month = summed.period_month
where kpis.segment_scheme = 'all'
    and parameters.waterfall_rates = 'constant'
    and kpis.value is not null
    and abs(kpis.numerator - case kpis.metric_definition
        when 'grr_movement' then summed.opening_mrr + summed.lost
        when 'nrr_movement' then summed.opening_mrr + summed.lost + summed.expansion
        when 'gross_mrr_churn_monthly' then -summed.lost
        when 'net_mrr_churn_monthly' then
            -summed.lost - summed.expansion - summed.reactivation
        when 'customer_churn_monthly' then summed.churn_count
        else kpis.numerator
    end) > 0.005
