{%- set shares = [
    ('hosting_cost', 'hosting_share'), ('customer_success_cost', 'customer_success_share'),
    ('payment_cost', 'payment_fee_share'),
] -%}
with customers as (
    select * from {{ ref('int_customer_value') }}
),

priced as (
    select
        customers.customer_id,
        {%- for revenue, minutes, suffix in [
            ('recent_revenue', 'recent_minutes', ''),
            ('revenue_to_date', 'minutes_to_date', '_to_date'),
        ] %}
        {%- for cost, share in shares %}
        cast(customers.{{ revenue }} * parameters.{{ share }} as numeric(18, 2))
            as {{ cost }}{{ suffix }},
        {%- endfor %}
        cast(customers.{{ minutes }} / 60.0 * parameters.support_cost_per_hour as numeric(18, 2))
            as support_cost{{ suffix }},
        {%- endfor %}
        {{ text_list([
            "case when parameters.hosting_share is null then 'hosting_share' end",
            "case when parameters.customer_success_share is null"
            ~ " then 'customer_success_share' end",
            "case when parameters.payment_fee_share is null then 'payment_fee_share' end",
            "case when parameters.support_cost_per_hour is null then 'support_cost_per_hour' end",
            "case when customers.has_desk and customers.minutes_to_date is null"
            ~ " then 'support_minutes_per_touch' end",
        ], ', ') }} as undeclared,
        customers.has_desk
    from customers
    cross join {{ ref('int_metric_parameters') }} as parameters
)

select
    customer_id,
    hosting_cost, support_cost, customer_success_cost, payment_cost,
    hosting_cost + support_cost + customer_success_cost + payment_cost as cost_to_serve,
    hosting_cost_to_date + support_cost_to_date + customer_success_cost_to_date
        + payment_cost_to_date as cost_to_serve_to_date,
    case
        when undeclared is not null then 'not declared in company.yml: ' || undeclared
        when not has_desk then 'no support loaded'
    end as cost_reason
from priced
