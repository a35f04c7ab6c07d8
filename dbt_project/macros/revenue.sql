{#- What one billing interval's amount is a month: a year is 12 months, a quarter 3, a week 12/52.
    Null for an interval that nobody declared. -#}
{% macro monthly_factor(billing_interval, interval_count) -%}
    cast(case
        when {{ interval_count }} <= 0 then null
        when coalesce({{ billing_interval }}, 'month') in ('month', 'monthly') then 1
        when {{ billing_interval }} in ('year', 'yearly', 'annual', 'annually') then 1
        when {{ billing_interval }} in ('quarter', 'quarterly') then 1
        when {{ billing_interval }} in ('week', 'weekly') then 52
        when {{ billing_interval }} in ('day', 'daily') then 365
    end as double precision) / case
        when {{ billing_interval }} in ('quarter', 'quarterly') then 3
        when coalesce({{ billing_interval }}, 'month') in ('month', 'monthly') then 1
        else 12
    end / coalesce({{ interval_count }}, 1)
{%- endmacro %}

{#- The name of one step of a customer's MRR from `opening` to `closing`; `earlier_peak` is the
    highest MRR before the opening month, null or 0 for a first payment. Order matters: a first and
    a returning payment are tested before growth, a departure before shrinkage. -#}
{% macro movement(opening, closing, earlier_peak) -%}
    when {{ opening }} = 0 and {{ closing }} > 0
        then case when coalesce({{ earlier_peak }}, 0) = 0 then 'new' else 'reactivation' end
    when {{ opening }} > 0 and {{ closing }} = 0 then 'churn'
    when {{ closing }} > {{ opening }} then 'expansion'
    when {{ closing }} < {{ opening }} then 'contraction'
    else 'none'
{%- endmacro %}
