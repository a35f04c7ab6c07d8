{#- (metric, definition, kind, input it needs); {word} is a parameter. Names carry the declared
    windows: another window is another definition. -#}
{%- set metrics = [
    ('logo_retention', 'closed_cohort_{retention_months}m', 'share', 'subscriptions'),
    ('logo_retention', 'logo_movement', 'share', 'subscriptions'),
    ('logo_retention', 'logo_{retention_months}m_compounded', 'product', 'subscriptions'),
    ('grr', 'grr_point_{retention_months}m', 'ratio', 'subscriptions'),
    ('grr', 'grr_running_min_{retention_months}m', 'ratio', 'subscriptions'),
    ('grr', 'grr_movement', 'ratio', 'subscriptions'),
    ('grr', 'grr_{retention_months}m_compounded', 'product', 'subscriptions'),
    ('nrr', 'nrr_cohort_{retention_months}m', 'ratio', 'subscriptions'),
    ('nrr', 'nrr_movement', 'ratio', 'subscriptions'),
    ('nrr', 'nrr_{retention_months}m_compounded', 'product', 'subscriptions'),
    ('customer_churn', 'customer_churn_monthly', 'share', 'subscriptions'),
    ('gross_mrr_churn', 'gross_mrr_churn_monthly', 'ratio', 'subscriptions'),
    ('net_mrr_churn', 'net_mrr_churn_monthly', 'ratio', 'subscriptions'),
    ('reactivation_rate', 'reactivation_monthly', 'share', 'subscriptions'),
    ('early_churn', 'contractual_{early_churn_days}d', 'share', 'subscriptions'),
    ('early_churn', 'contractual_{early_churn_days}d_monthly_terms', 'share', 'subscriptions'),
    ('early_churn', 'contractual_{early_churn_days}d_longer_terms', 'share', 'subscriptions'),
    ('early_churn', 'engagement_{early_churn_days}d_silent_{silence_days}d', 'share', 'usage'),
    ('win_rate', 'closed_trailing_{win_rate_months}m', 'share', 'opportunities'),
    ('sales_cycle_days', 'median_won_trailing_{win_rate_months}m', 'median', 'opportunities'),
    ('sales_cycle_p75_days', 'p75_won_trailing_{win_rate_months}m', 'median', 'opportunities'),
    ('win_rate_by_value', 'closed_value_trailing_{win_rate_months}m', 'ratio', 'opportunities'),
    ('win_rate_created', 'created_trailing_{win_rate_months}m', 'share', 'opportunities'),
    ('pipeline_deals', 'count_closed_trailing_{win_rate_months}m', 'count', 'opportunities'),
    ('average_deal_value', 'mean_won_trailing_{win_rate_months}m', 'ratio', 'opportunities'),
    ('pipeline_velocity', 'per_day_closed_trailing_{win_rate_months}m', 'rate', 'opportunities'),
    ('cac', 'cac_paid', 'cost', 'spend'),
    ('cac', 'cac_marketing', 'cost', 'spend'),
    ('cac', 'cac_fully_loaded', 'cost', 'spend'),
    ('ltv', 'ltv_simple_{ltv_churn_months}m', 'mean', 'subscriptions'),
    ('ltv_sbg', 'new_customer_{ltv_horizon_months}m', 'mean', 'subscriptions'),
    ('payback_months', 'payback_simple_cac_fully_loaded', 'quotient', 'spend'),
    ('ltv_cac', 'ltv_simple_{ltv_churn_months}m_by_cac_fully_loaded', 'quotient', 'spend'),
    ('time_to_value_{time_to_value_days}d', 'share_by_day_{time_to_value_days}_mature_cohort',
        'share', 'usage'),
    ('first_reply_within_target',
        'share_within_{first_reply_target_minutes}m_followed_{ticket_follow_up_days}d', 'share',
        'tickets'),
    ('first_reply_minutes', 'median_first_reply_followed_{ticket_follow_up_days}d', 'median',
        'tickets'),
    ('first_reply_open_minutes', 'median_first_reply_open_hours_followed_{ticket_follow_up_days}d',
        'median', 'tickets and support hours'),
    ('resolution_minutes', 'median_last_solved_followed_{ticket_follow_up_days}d', 'median',
        'tickets'),
    ('csat', 'rated_tickets_followed_{ticket_follow_up_days}d', 'share', 'tickets'),
    ('csat', 'survey_answers_trailing_{survey_window_months}m', 'share', 'surveys'),
    ('tickets_per_1000_mrr', 'tickets_per_1000_mrr_month', 'ratio', 'tickets'),
    ('tickets_per_customer', 'tickets_per_paying_customer_month', 'ratio', 'tickets'),
    ('tickets_per_active_seat', 'tickets_per_user_active_28d_month', 'ratio',
        'tickets and usage'),
    ('nps', 'responses_trailing_{survey_window_months}m', 'ratio', 'surveys'),
    ('nps', 'account_mean_trailing_{survey_window_months}m', 'ratio', 'surveys'),
    ('nps', 'mrr_weighted_trailing_{survey_window_months}m', 'ratio', 'surveys'),
    ('nps_coverage', 'paying_customers_answering_trailing_{survey_window_months}m', 'share',
        'surveys'),
    ('active_customers_share', 'paying_customers_active_28d', 'share', 'usage'),
    ('stickiness', 'dau_mau_28d_customer_mean', 'ratio', 'usage'),
    ('first_value_coverage', 'paying_customers_with_value_event_ever', 'share', 'usage'),
    ('activation_rate',
        'value_on_{activation_value_days}_days_by_day_{activation_days}_mature_cohort', 'share',
        'usage'),
    ('trial_to_paid',
        'paid_within_{trial_conversion_days}d_of_trial_end_trailing_{win_rate_months}m', 'share',
        'trials'),
] -%}
{%- for item in curve_events() -%}
    {%- set named = item.event ~ '_' ~ item.estimator ~ '_{curve_window_months}m_' -%}
    {%- for day in item.days -%}
        {%- do metrics.append(
            (item.share ~ '_' ~ day ~ 'd', named ~ 'by_day_' ~ day, 'curve', item.needs)) -%}
    {%- endfor -%}
    {%- do metrics.append((item.median, named ~ 'median', 'curve', item.needs)) -%}
{%- endfor -%}
{%- for metric, definition, kind, needs in metrics %}
select
    {%- for text in [metric, definition] %}
    '{{ text | replace('{', "' || ") | replace('}', " || '") }}'
        as {{ ['metric', 'metric_definition'][loop.index0] }},
    {%- endfor %}
    '{{ kind }}' as kind,
    '{{ needs }}' as needs
from {{ ref('int_metric_parameters') }}
{{ 'union all' if not loop.last }}
{%- endfor %}
