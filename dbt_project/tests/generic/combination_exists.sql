{#- A returned row has a combination of columns that the other model does not have. -#}
{% test combination_exists(model, columns, to) %}
select children.*
from {{ model }} as children
left join (select distinct {{ columns | join(', ') }} from {{ to }}) as parents
    on {% for column in columns -%}
    children.{{ column }} = parents.{{ column }}{{ ' and ' if not loop.last }}
    {%- endfor %}
where parents.{{ columns[0] }} is null
{% endtest %}
