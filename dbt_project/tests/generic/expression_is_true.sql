{#- A returned row breaks the expression; where it is unknown (null), the row passes. -#}
{% test expression_is_true(model, expression, column_name=none) %}
select * from {{ model }} where not ({{ expression }})
{% endtest %}
