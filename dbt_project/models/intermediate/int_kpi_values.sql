{{ config(materialized='view') }}

{% for model in [
    'int_kpi_retention',
    'int_kpi_mrr_movements',
    'int_kpi_compounded',
    'int_kpi_early_churn',
    'int_kpi_win_rate',
    'int_kpi_sales_cycle',
    'int_kpi_pipeline',
    'int_kpi_created_deals',
    'int_kpi_cac',
    'int_kpi_unit_economics',
    'int_kpi_time_to_value_share',
    'int_kpi_curves',
    'int_kpi_ticket_shares',
    'int_kpi_ticket_medians',
    'int_kpi_surveys',
    'int_kpi_customer_months',
    'int_kpi_trial_to_paid',
    'int_kpi_activation',
] -%}
select
    scope, product_id, segment_scheme, segment, period_month, metric, metric_definition,
    value, numerator, denominator, n, ci_low, ci_high, reason
from {{ ref(model) }}
{{ 'union all' if not loop.last }}
{% endfor %}
