with parameters as (
    select * from {{ ref('int_metric_parameters') }}
),

-- names carry the declared windows: another window is another definition
metrics as (
    select 'logo_retention' as metric,
        'closed_cohort_' || retention_months || 'm' as metric_definition,
        'share' as kind, 'subscriptions' as needs
    from parameters
    union all
    select 'grr', 'grr_point_' || retention_months || 'm', 'ratio', 'subscriptions'
    from parameters
    union all
    select 'nrr', 'nrr_cohort_' || retention_months || 'm', 'ratio', 'subscriptions'
    from parameters
    union all
    select 'grr', 'grr_running_min_' || retention_months || 'm', 'ratio', 'subscriptions'
    from parameters
    union all
    select 'logo_retention', 'logo_movement', 'share', 'subscriptions' from parameters
    union all
    select 'grr', 'grr_movement', 'ratio', 'subscriptions' from parameters
    union all
    select 'nrr', 'nrr_movement', 'ratio', 'subscriptions' from parameters
    union all
    select 'logo_retention', 'logo_' || retention_months || 'm_compounded', 'product',
        'subscriptions'
    from parameters
    union all
    select 'grr', 'grr_' || retention_months || 'm_compounded', 'product', 'subscriptions'
    from parameters
    union all
    select 'nrr', 'nrr_' || retention_months || 'm_compounded', 'product', 'subscriptions'
    from parameters
    union all
    select 'customer_churn', 'customer_churn_monthly', 'share', 'subscriptions' from parameters
    union all
    select 'gross_mrr_churn', 'gross_mrr_churn_monthly', 'ratio', 'subscriptions' from parameters
    union all
    select 'net_mrr_churn', 'net_mrr_churn_monthly', 'ratio', 'subscriptions' from parameters
    union all
    select 'reactivation_rate', 'reactivation_monthly', 'share', 'subscriptions' from parameters
    union all
    select 'early_churn', 'contractual_' || early_churn_days || 'd', 'share', 'subscriptions'
    from parameters
    union all
    select 'early_churn', 'contractual_' || early_churn_days || 'd_monthly_terms', 'share',
        'subscriptions'
    from parameters
    union all
    select 'early_churn', 'contractual_' || early_churn_days || 'd_longer_terms', 'share',
        'subscriptions'
    from parameters
    union all
    select 'early_churn',
        'engagement_' || early_churn_days || 'd_silent_' || silence_days || 'd', 'share', 'usage'
    from parameters
    union all
    select 'win_rate', 'closed_trailing_' || win_rate_months || 'm', 'share', 'opportunities'
    from parameters
    union all
    select 'sales_cycle_days', 'median_won_trailing_' || win_rate_months || 'm', 'median',
        'opportunities'
    from parameters
    union all
    select 'cac', 'cac_paid', 'cost', 'spend' from parameters
    union all
    select 'cac', 'cac_marketing', 'cost', 'spend' from parameters
    union all
    select 'cac', 'cac_fully_loaded', 'cost', 'spend' from parameters
    union all
    select 'time_to_value_' || time_to_value_days || 'd',
        'share_by_day_' || time_to_value_days || '_mature_cohort', 'share', 'usage'
    from parameters
    union all
    select 'time_to_value_days',
        'median_cumulative_incidence_' || time_to_value_horizon_days || 'd', 'median', 'usage'
    from parameters
    union all
    select 'first_reply_within_target',
        'share_within_' || first_reply_target_minutes || 'm_followed_' || ticket_follow_up_days
            || 'd', 'share', 'tickets'
    from parameters
    union all
    select 'first_reply_minutes',
        'median_first_reply_followed_' || ticket_follow_up_days || 'd', 'median', 'tickets'
    from parameters
    union all
    select 'resolution_minutes',
        'median_last_solved_followed_' || ticket_follow_up_days || 'd', 'median', 'tickets'
    from parameters
    union all
    select 'csat', 'rated_tickets_followed_' || ticket_follow_up_days || 'd', 'share', 'tickets'
    from parameters
    union all
    select 'csat', 'survey_answers_trailing_' || survey_window_months || 'm', 'share', 'surveys'
    from parameters
    union all
    select 'tickets_per_1000_mrr', 'tickets_per_1000_mrr_month', 'ratio', 'tickets'
    from parameters
    union all
    select 'tickets_per_customer', 'tickets_per_paying_customer_month', 'ratio', 'tickets'
    from parameters
    {%- for weighting in ['responses', 'account_mean', 'mrr_weighted'] %}
    union all
    select 'nps', '{{ weighting }}_trailing_' || survey_window_months || 'm', 'ratio', 'surveys'
    from parameters
    {%- endfor %}
    union all
    select 'nps_coverage', 'paying_customers_answering_trailing_' || survey_window_months || 'm',
        'share', 'surveys'
    from parameters
    union all
    select 'trial_to_paid',
        'paid_within_' || trial_conversion_days || 'd_of_trial_end_trailing_' || win_rate_months
            || 'm', 'share', 'trials'
    from parameters
)

select * from metrics
