with costs as (
    select
        cac.*,
        cast(case when missing_categories is null and spend > 0 then spend end as double precision)
            / nullif(logo_count, 0) as cac,
        {{ cac_reason('missing_categories', 'segment', 'logo_count', 'spend') }} as cac_reason
    from {{ ref('int_segment_cac') }} as cac
    inner join {{ ref('int_months') }} as months
        on cac.period_month = months.period_month and months.is_reported
),

parameters as (
    select min_n, confidence_z as z from {{ ref('int_metric_parameters') }}
),

joined as (
    select
        costs.*,
        parameters.min_n,
        parameters.z,
        values_of.gross_margin,
        values_of.new_count,
        values_of.new_mrr / nullif(values_of.new_count, 0) as new_mrr_per_customer,
        values_of.new_mrr / nullif(values_of.new_count, 0) * values_of.gross_margin
            as new_profit_per_customer,
        values_of.lacks_margin,
        values_of.churned_count,
        values_of.ltv_simple,
        values_of.ltv_ci_low,
        values_of.ltv_ci_high,
        coalesce(values_of.ltv_reason, case
            when values_of.period_month is null then 'no paying customer in the churn window'
        end) as ltv_reason,
        medians.customer_count as followed_customers,
        medians.followed_months,
        medians.median_months,
        medians.ci_low as median_ci_low,
        medians.ci_high as median_ci_high
    from costs
    cross join parameters
    left join {{ ref('int_segment_ltv') }} as values_of
        on costs.scope = values_of.scope and costs.product_key = values_of.product_key
        and costs.segment_scheme = values_of.segment_scheme and costs.segment = values_of.segment
        and costs.period_month = values_of.period_month
    left join {{ ref('int_payback_medians') }} as medians
        on costs.scope = medians.scope and costs.product_key = medians.product_key
        and costs.segment_scheme = medians.segment_scheme and costs.segment = medians.segment
        and costs.period_month = medians.period_month
        and costs.metric_definition = medians.metric_definition
        and costs.lag_definition = medians.lag_definition
),

explained as (
    select
        *,
        {{ payback_reason('cac_reason', 'new_count', 'lacks_margin', 'new_profit_per_customer') }}
            as payback_reason,
        case
            when followed_customers is null then 'no new customer whose cost is known'
            when median_months is null then 'half of them have not paid back in the '
                || cast(followed_months as {{ dbt.type_string() }}) || ' months followed'
        end as payback_empirical_reason,
        coalesce(ltv_reason, cac_reason, case
            when logo_count < min_n then 'fewer new logos than min_n'
        end) as ltv_cac_reason
    from joined
)

select
    scope, product_key, segment_scheme, segment, period_month, metric_definition, lag_definition,
    lag_months, lag_basis, window_months, spend, logo_count, cac, cac_reason,
    case when cac is not null then spend / {{ count_bound('logo_count', 'z', '+') }} end
        as cac_ci_low,
    case when cac is not null then spend / {{ count_bound('logo_count', 'z', '-') }} end
        as cac_ci_high,
    gross_margin, new_count, new_mrr_per_customer,
    -- both per customer: a cost per customer over a company's revenue means nothing
    case when payback_reason is null then cac / new_profit_per_customer end as payback_months,
    payback_reason,
    median_months, median_ci_low, median_ci_high, followed_customers, payback_empirical_reason,
    ltv_simple, ltv_ci_low, ltv_ci_high, churned_count, ltv_reason,
    case when ltv_cac_reason is null then ltv_simple / cac end as ltv_cac,
    -- customers won and customers lost are two counts: their ratio has the interval of a share
    {%- for name, sign in [('ltv_cac_ci_low', '-'), ('ltv_cac_ci_high', '+')] %}
    case when ltv_cac_reason is null then ltv_simple / cac * churned_count / logo_count
        * {{ share_bound('logo_count', '(logo_count + churned_count)', 'z', sign) }}
        / (1 - {{ share_bound('logo_count', '(logo_count + churned_count)', 'z', sign) }})
    end as {{ name }},
    {%- endfor %}
    ltv_cac_reason
from explained
