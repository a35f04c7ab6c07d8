with parameters as (
    select parameter, value_text, value_number
    from {{ source('icp_registry', 'metric_parameters') }}
),

company as (
    select reporting_currency, customer_level
    from {{ source('icp_registry', 'company') }}
),

given as (
    select
        max(case when parameter = 'min_n' then value_number end) as min_n,
        max(case when parameter = 'kpi_months' then value_number end) as kpi_months,
        max(case when parameter = 'retention_window_months' then value_number end)
            as retention_months,
        max(case when parameter = 'win_rate_window_months' then value_number end)
            as win_rate_months,
        max(case when parameter = 'cac_lag_months' then value_number end) as cac_lag_months,
        max(case when parameter = 'deal_worked_months' then value_number end)
            as deal_worked_months,
        max(case when parameter = 'ltv_churn_months' then value_number end) as ltv_churn_months,
        max(case when parameter = 'ltv_period_months' then value_number end) as ltv_period_months,
        max(case when parameter = 'ltv_horizon_months' then value_number end) as ltv_horizon_months,
        max(case when parameter = 'ltv_discount_rate' then value_number end) as ltv_discount_rate,
        max(case when parameter = 'value_scheme' then value_text end) as value_scheme,
        max(case when parameter = 'cost_to_serve_months' then value_number end)
            as cost_to_serve_months,
        max(case when parameter = 'hosting_share' then value_number end) as hosting_share,
        max(case when parameter = 'customer_success_share' then value_number end)
            as customer_success_share,
        max(case when parameter = 'payment_fee_share' then value_number end) as payment_fee_share,
        max(case when parameter = 'support_cost_per_hour' then value_number end)
            as support_cost_per_hour,
        max(case when parameter = 'support_minutes_per_touch' then value_number end)
            as support_minutes_per_touch,
        max(case when parameter = 'time_to_value_days' then value_number end)
            as time_to_value_days,
        max(case when parameter = 'curve_window_months' then value_number end)
            as curve_window_months,
        max(case when parameter = 'curve_months' then value_number end) as curve_months,
        max(case when parameter = 'curve_horizon_days' then value_number end)
            as curve_horizon_days,
        max(case when parameter = 'past_due_days' then value_number end) as past_due_days,
        max(case when parameter = 'early_churn_days' then value_number end) as early_churn_days,
        max(case when parameter = 'silence_days' then value_number end) as silence_days,
        max(case when parameter = 'bridge_months' then value_number end) as bridge_months,
        max(case when parameter = 'fx_rule' then value_text end) as fx_rule,
        max(case when parameter = 'waterfall_rates' then value_text end) as waterfall_rates,
        max(case when parameter = 'trials' then value_text end) as trials,
        max(case when parameter = 'discounts' then value_text end) as discounts,
        max(case when parameter = 'usage_items' then value_text end) as usage_items,
        max(case when parameter = 'confidence_z' then value_number end) as confidence_z,
        max(case when parameter = 'csat_positive_from' then value_number end)
            as csat_positive_from,
        max(case when parameter = 'first_reply_target_minutes' then value_number end)
            as first_reply_target_minutes,
        max(case when parameter = 'ticket_follow_up_days' then value_number end)
            as ticket_follow_up_days,
        max(case when parameter = 'survey_window_months' then value_number end)
            as survey_window_months,
        max(case when parameter = 'activation_days' then value_number end) as activation_days,
        max(case when parameter = 'activation_value_days' then value_number end)
            as activation_value_days,
        max(case when parameter = 'feature_min_uses' then value_number end) as feature_min_uses,
        max(case when parameter = 'trial_conversion_days' then value_number end)
            as trial_conversion_days,
        max(case when parameter = 'churn_date' then value_text end) as churn_date
    from parameters
)

select
    company.reporting_currency,
    company.customer_level,
    cast(coalesce(given.min_n, 30) as integer) as min_n,
    cast(coalesce(given.kpi_months, 24) as integer) as kpi_months,
    cast(coalesce(given.retention_months, 12) as integer) as retention_months,
    cast(coalesce(given.win_rate_months, 12) as integer) as win_rate_months,
    -- null: each segment's own median won cycle
    cast(given.cac_lag_months as integer) as cac_lag_months,
    cast(coalesce(given.deal_worked_months, 12) as integer) as deal_worked_months,
    cast(coalesce(given.ltv_churn_months, 6) as integer) as ltv_churn_months,
    cast(coalesce(given.ltv_period_months, 1) as integer) as ltv_period_months,
    cast(coalesce(given.ltv_horizon_months, 36) as integer) as ltv_horizon_months,
    coalesce(given.ltv_discount_rate, 0.1) as ltv_discount_rate,
    coalesce(given.value_scheme, 'all') as value_scheme,
    cast(coalesce(given.cost_to_serve_months, 12) as integer) as cost_to_serve_months,
    -- null: not declared, so that nobody takes an unknown cost for none
    given.hosting_share,
    given.customer_success_share,
    given.payment_fee_share,
    given.support_cost_per_hour,
    given.support_minutes_per_touch,
    cast(coalesce(given.time_to_value_days, 90) as integer) as time_to_value_days,
    cast(coalesce(given.curve_window_months, 24) as integer) as curve_window_months,
    cast(coalesce(given.curve_months, 6) as integer) as curve_months,
    cast(coalesce(given.curve_horizon_days, 365) as integer) as curve_horizon_days,
    -- null: past-due revenue stays until the subscription is cancelled
    cast(given.past_due_days as integer) as past_due_days,
    cast(coalesce(given.early_churn_days, 90) as integer) as early_churn_days,
    cast(coalesce(given.silence_days, 30) as integer) as silence_days,
    cast(coalesce(given.bridge_months, 3) as integer) as bridge_months,
    coalesce(given.fx_rule, 'latest') as fx_rule,
    coalesce(given.waterfall_rates, 'constant') as waterfall_rates,
    coalesce(given.trials, 'excluded') as trials,
    coalesce(given.discounts, 'subtracted') as discounts,
    coalesce(given.usage_items, 'committed') as usage_items,
    coalesce(given.confidence_z, 1.959963984540054) as confidence_z,
    coalesce(given.churn_date, 'service_period_end') as churn_date,
    coalesce(given.csat_positive_from, 4) as csat_positive_from,
    cast(coalesce(given.first_reply_target_minutes, 480) as integer) as first_reply_target_minutes,
    '{{ time_zone() }}' as time_zone,
    cast(coalesce(given.ticket_follow_up_days, 14) as integer) as ticket_follow_up_days,
    cast(coalesce(given.survey_window_months, 3) as integer) as survey_window_months,
    cast(coalesce(given.activation_days, 30) as integer) as activation_days,
    cast(coalesce(given.activation_value_days, 2) as integer) as activation_value_days,
    cast(coalesce(given.feature_min_uses, 3) as integer) as feature_min_uses,
    cast(coalesce(given.trial_conversion_days, 30) as integer) as trial_conversion_days
from company
cross join given
