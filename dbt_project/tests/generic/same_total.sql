{#- A returned row means that two sums that must agree differ by more than the tolerance. -#}
{% test same_total(
    model, expression, other_model, other_expression, other_where='1 = 1', tolerance=0.01
) %}
with totals as (
    select
        (select coalesce(sum({{ expression }}), 0) from {{ model }}) as total,
        (
            select coalesce(sum({{ other_expression }}), 0)
            from {{ other_model }}
            where {{ other_where }}
        ) as other_total
)

select * from totals where abs(total - other_total) > {{ tolerance }}
{% endtest %}
