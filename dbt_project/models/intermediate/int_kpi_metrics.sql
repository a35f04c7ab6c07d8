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
)

select * from metrics
