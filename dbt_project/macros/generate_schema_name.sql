{#- Folder = schema, without the target's prefix; readers' targets see one schema only. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if target.name == 'published' -%} published
    {%- else -%} {{ custom_schema_name or target.schema }}
    {%- endif -%}
{%- endmacro %}
