{#- The events whose curves are drawn: what `int_kpi_inputs` calls the input each needs, the metric
    of its share by a day, the days published for it and the metric of its median. -#}
{% macro curve_events() -%}
    {{- return([
        {'event': 'win', 'needs': 'opportunities', 'share': 'win_probability',
            'days': [30, 60, 90, 180], 'median': 'time_to_win_days',
            'estimator': 'aalen_johansen'},
        {'event': 'time_to_value', 'needs': 'usage', 'share': 'value_probability',
            'days': [30, 60, 90, 180], 'median': 'time_to_value_days',
            'estimator': 'aalen_johansen'},
        {'event': 'churn', 'needs': 'subscriptions', 'share': 'churn_probability',
            'days': [90, 180, 365], 'median': 'time_to_churn_days',
            'estimator': 'kaplan_meier'},
    ]) -}}
{%- endmacro %}

{#- Days that every curve has a row for, whether anything happens on them or not. -#}
{% macro curve_days() -%}
    {{- return([30, 60, 90, 180, 365]) -}}
{%- endmacro %}

{#- Bound of a share whose standard error is known, on the log(-log) scale: it stays between 0 and
    1. Sign '+' is the upper bound. Null at 0 and 1, where the scale has no end. -#}
{% macro log_log_bound(share, standard_error, z, sign) -%}
    {%- set opposite = '-' if sign == '+' else '' -%}
    case when {{ share }} > 1e-12 and {{ share }} < 1 - 1e-12 then
        {{ share_to_power_of_exp(share, opposite ~ z ~ ' * ' ~ standard_error
            ~ ' / (' ~ share ~ ' * abs(ln(' ~ share ~ ')))', standard_error) }}
    end
{%- endmacro %}
