{#- The account fields of the CRM that become attributes, by type of value. -#}
{% macro text_attributes() -%}
    {{- return([
        'industry', 'sub_industry', 'country', 'region', 'growth_stage', 'business_model',
        'account_type', 'owner_id',
    ]) -}}
{%- endmacro %}

{% macro number_attributes() -%}
    {{- return(['employees', 'annual_revenue', 'founded_year']) -}}
{%- endmacro %}
