{#- Tables and views on DuckDB, each replaced in one transaction: a kill leaves the old one.

    dbt-duckdb renames twice, looks for indexes and foreign keys and drops the old relation after its
    commit, for readers that look on. Nobody reads the warehouse while it is built, and no model has
    either: without all that a small model takes half the time. -#}
{% materialization table, adapter='duckdb' %}
    {{ return(replace_relation('table')) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {{ return(replace_relation('view')) }}
{% endmaterialization %}

{% macro replace_relation(kind) %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type=kind) -%}
    {% do run_hooks(pre_hooks, inside_transaction=False) %}
    {% do run_hooks(pre_hooks, inside_transaction=True) %}
    {#- built under another name first: a model may read its own table of the last run -#}
    {%- set new_relation = make_intermediate_relation(target_relation) -%}
    {% call statement('main') -%}
        {% if kind == 'table' -%}
            {{ get_create_table_as_sql(False, new_relation, compiled_code) }};
        {%- else -%}
            {{ get_create_view_as_sql(new_relation, compiled_code) }};
        {%- endif %}
        {%- if existing_relation is not none %}
            drop {{ existing_relation.type }} {{ existing_relation }};
        {%- endif %}
        alter {{ kind }} {{ new_relation }} rename to {{ target_relation.identifier }};
    {%- endcall %}
    {% do persist_docs(target_relation, model) %}
    {% do run_hooks(post_hooks, inside_transaction=True) %}
    {% do adapter.commit() %}
    {% do run_hooks(post_hooks, inside_transaction=False) %}
    {{ return({'relations': [target_relation]}) }}
{% endmacro %}
