{#- A returned row means that the column has no value at all although the table has rows. -#}
{% test at_least_one(model, column_name) %}
select count(*) as row_count
from {{ model }}
having count(*) > 0 and count({{ column_name }}) = 0
{% endtest %}
