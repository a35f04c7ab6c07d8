{%- set cell = 'event, scope, product_id, segment_scheme, segment, period_month' -%}
{%- set earlier -%}
    (partition by {{ cell }}
        order by day_number rows between unbounded preceding and 1 preceding)
{%- endset -%}
{%- set upto -%}
    (partition by {{ cell }} order by day_number rows unbounded preceding)
{%- endset -%}
with counts as (
    select * from {{ ref('int_event_counts') }}
),

parameters as (
    select confidence_z as z, curve_horizon_days from {{ ref('int_metric_parameters') }}
),

counted as (
    select
        *,
        sum(events + competing + censored) over (partition by {{ cell }}) as n,
        coalesce(sum(censored) over {{ earlier }}, 0) as censored_before,
        sum(events + competing + censored) over (partition by {{ cell }})
            - coalesce(sum(events + competing + censored) over {{ earlier }}, 0) as at_risk
    from counts
),

steps as (
    select
        *,
        case when events + competing > 0 then events / at_risk else 0 end as event_hazard,
        case when events + competing > 0 then competing / at_risk else 0 end as competing_hazard,
        case
            when events + competing > 0 and events + competing < at_risk
            then ln(1 - (events + competing) / at_risk) else 0
        end as log_free,
        case when events + competing > 0 and events + competing = at_risk then 1 else 0 end
            as is_over
    from counted
),

-- free of either: Kaplan-Meier with both as its event
survivals as (
    select
        *,
        exp(coalesce(sum(log_free) over {{ earlier }}, 0)) as free_before,
        case
            when max(is_over) over {{ upto }} = 1 then 0 else exp(sum(log_free) over {{ upto }})
        end as survival
    from steps
),

-- Aalen-Johansen; where nothing competes it is one minus Kaplan-Meier
incidences as (
    select
        *,
        sum(free_before * event_hazard) over {{ upto }} as incidence,
        sum(free_before * competing_hazard) over {{ upto }} as competing_incidence
    from survivals
),

-- the terms of the delta-method variance (Marubini and Valsecchi), which is Greenwood's where
-- nothing competes
terms as (
    select
        *,
        case when is_over = 0 and events + competing > 0
            then (events + competing) / (at_risk * (at_risk - events - competing)) else 0
        end as hazard_term,
        case when events > 0
            then power(free_before * event_hazard, 2) * (at_risk - events) / (events * at_risk)
            else 0
        end as event_term,
        case when events > 0 then free_before * event_hazard / at_risk else 0 end as cross_term
    from incidences
),

variances as (
    select
        *,
        sqrt(greatest(0,
            incidence * incidence * sum(hazard_term) over {{ upto }}
            - 2 * incidence * sum(hazard_term * incidence) over {{ upto }}
            + sum(hazard_term * incidence * incidence) over {{ upto }}
            + sum(event_term) over {{ upto }}
            - 2 * incidence * sum(cross_term) over {{ upto }}
            + 2 * sum(cross_term * incidence) over {{ upto }}
        )) as standard_error
    from terms
)

select
    event, scope, product_id, segment_scheme, segment, period_month, day_number, n, at_risk, events,
    competing, censored,
    n - censored_before as known_n,
    -- beyond the last one followed nothing is known, unless nobody is left to be followed
    at_risk > 0 or survival = 0 as is_followed,
    survival, incidence, competing_incidence, standard_error,
    -- by convention on the scale of survival for Kaplan-Meier, of the incidence otherwise
    {%- for bound, sign, opposite in [('ci_low', '-', '+'), ('ci_high', '+', '-')] %}
    case event
        when 'churn'
        then 1 - {{ log_log_bound('(1 - incidence)', 'standard_error', 'z', opposite) }}
        else {{ log_log_bound('incidence', 'standard_error', 'z', sign) }}
    end as {{ bound }}{{ ',' if not loop.last }}
    {%- endfor %}
from variances
cross join parameters
where day_number <= parameters.curve_horizon_days
