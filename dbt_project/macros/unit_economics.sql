{#- Why a cost per new customer has no value; null where it has one. Order matters: a definition
    that needs spend nobody recorded has no value anywhere, whatever the segment did. -#}
{% macro cac_reason(missing_categories, segment, logos, spend) -%}
    case
        when {{ missing_categories }} is not null
            then 'spend not recorded: ' || {{ missing_categories }}
        when {{ segment }} = 'unallocated' then 'spend that no segment can be charged with'
        when {{ segment }} = 'existing_customers'
            then 'effort on deals with customers that were won before'
        when {{ logos }} = 0 then 'no new logos in the window'
        when {{ spend }} = 0 then 'no spend in the window'
    end
{%- endmacro %}

{#- Why a lifetime value has no value; null where it has one. -#}
{% macro ltv_reason(customer_months, unmargined_mrr, churned) -%}
    case
        when {{ customer_months }} = 0 then 'no paying customer in the churn window'
        when {{ unmargined_mrr }} > 0 then 'no gross margin declared for a product'
        when {{ churned }} = 0 then 'nobody left in the churn window: no lifetime to estimate'
    end
{%- endmacro %}

{#- Bound of a Kaplan-Meier share on the log(-log) scale; `variance` is Greenwood's sum of
    d / (n (n - d)). The share itself where it is 0 or 1. -#}
{% macro survival_bound(share, variance, z, sign) -%}
    case
        when {{ share }} <= 0 or {{ share }} >= 1 then {{ share }}
        else {{ share_to_power_of_exp(share, ('-' if sign == '+' else '') ~ z ~ ' * sqrt('
            ~ variance ~ ') / abs(ln(' ~ share ~ '))', variance) }}
    end
{%- endmacro %}

{#- Why spend per new customer cannot be compared with its profit a month; null where it can. -#}
{% macro payback_reason(cac_reason, new_customers, lacks_margin, monthly_profit) -%}
    case
        when {{ cac_reason }} is not null then {{ cac_reason }}
        when coalesce({{ new_customers }}, 0) = 0 then 'no new paying customer in the window'
        when {{ lacks_margin }} then 'no gross margin declared for a product'
        when {{ monthly_profit }} is null then 'no paying customer in the churn window'
        when {{ monthly_profit }} <= 0 then 'no gross profit: the cost is never earned back'
    end
{%- endmacro %}

{#- Why an account has no simple lifetime value; null where it has one. -#}
{% macro ltv_simple_reason(profit, current_mrr, churned) -%}
    case
        when {{ profit }} is null then 'no gross margin declared for a product'
        when {{ current_mrr }} = 0 then 'pays nothing now'
        when {{ churned }} is null then 'no paying customer in the churn window'
        when {{ churned }} = 0 then 'nobody left in the churn window: no lifetime to estimate'
    end
{%- endmacro %}

{#- Why a segment's new customer has no lifetime value by the shifted-beta-geometric model. -#}
{% macro ltv_sbg_segment_reason(fit_reason, lacks_margin, customer_months) -%}
    case
        when {{ fit_reason }} is not null then {{ fit_reason }}
        when {{ lacks_margin }} then 'no gross margin declared for a product'
        when coalesce({{ customer_months }}, 0) = 0
            then 'no paying customer in the churn window'
    end
{%- endmacro %}

{#- Why an account has no lifetime value by the shifted-beta-geometric model. -#}
{% macro ltv_sbg_reason(profit, current_mrr, remaining_months, fit_reason) -%}
    case
        when {{ profit }} is null then 'no gross margin declared for a product'
        when {{ current_mrr }} > 0 and {{ remaining_months }} is null
            then coalesce({{ fit_reason }}, 'nobody of its segment was followed for a period')
    end
{%- endmacro %}

{#- What of the spend that a definition needs is not recorded in the whole months of a window, from
    `first_asked` to `last_asked`; null where all is. `never` lists what is recorded in no month. -#}
{% macro spend_not_recorded(never, needs_people) -%}
    {%- set found = [never] -%}
    {%- if needs_people -%}
        {%- do found.append(
            "case when people_from > first_asked or people_to < last_asked then"
            ~ " 'people (recorded ' || " ~ month_text('people_from') ~ " || ' to ' || "
            ~ month_text('people_to') ~ " || ')' end"
        ) -%}
    {%- endif -%}
    {%- do found.append(
        "case when recorded_to < last_asked then 'everything after ' || "
        ~ month_text('recorded_to') ~ " end"
    ) -%}
    {{ text_list(found, ', ') }}
{%- endmacro %}

{#- 2030-06 of a date. -#}
{% macro month_text(day) -%}
    substring(cast({{ day }} as {{ dbt.type_string() }}), 1, 7)
{%- endmacro %}
