{#- A returned row is a group whose months are not consecutive: some month is missing. -#}
{% test no_month_gaps(model, column_name, group_by) %}
select {{ group_by | join(', ') }}
from {{ model }}
group by {{ group_by | join(', ') }}
having count(distinct {{ column_name }})
    <> {{ months_between('min(' ~ column_name ~ ')', 'max(' ~ column_name ~ ')') }} + 1
{% endtest %}
