{#- A table of days that is rewritten a range at a time (see `usage_range.sql`), in one transaction:
    a kill leaves the table as it was.

    Config: `range_column` (a date); `is_by_receipt` when it is the day of receipt: an event may be
    received on the UTC day before its own, and until the late-arrival window closes, so these days
    are rewritten too; `bounds_model`, `bounds_column`: where a full build finds its first
    and last day; `reach_days`: how long after that a day still matters (the late-arrival window).
    A full build runs the model once per month, so that memory does not grow with history, and leaves
    the table month after month, so that readers of a day skip the other months. -#}
{% materialization daily_range, default %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set new_relation = make_intermediate_relation(target_relation) -%}
    {%- set old_relation = make_backup_relation(target_relation, 'table') -%}
    {{ drop_relation_if_exists(load_cached_relation(new_relation)) }}
    {{ drop_relation_if_exists(load_cached_relation(old_relation)) }}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% if is_range_build() %}
        {% do rewrite_range(target_relation) %}
    {% else %}
        {% do build_by_month(new_relation) %}
        {% if existing_relation is not none %}
            {{ adapter.rename_relation(existing_relation, old_relation) }}
        {% endif %}
        {{ adapter.rename_relation(new_relation, target_relation) }}
    {% endif %}

    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ drop_relation_if_exists(old_relation) }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro rewrite_range(target_relation) %}
    {%- set columns = adapter.get_columns_in_relation(target_relation) | map(attribute='name')
        | join(', ') -%}
    {%- set lead, tail = (-1, late_window_days()) if config.get('is_by_receipt') else (0, 0) -%}
    {% call statement('delete_range') %}
        delete from {{ target_relation }}
        where {{ config.require('range_column') }} between {{ usage_start(lead) }}
            and {{ usage_end(tail) }}
    {% endcall %}
    {% call statement('main') %}
        insert into {{ target_relation }} ({{ columns }})
        select {{ columns }} from ({{ compiled_code }}) as rewritten
    {% endcall %}
{% endmacro %}

{% macro build_by_month(new_relation) %}
    {%- set months = month_bounds() -%}
    {%- for first_day, last_day in months %}
        {%- set chunk = compiled_code | replace(first_day_of_all(), first_day)
            | replace(last_day_of_all(), last_day) -%}
        {%- if loop.first %}
            {% call statement('main') %}
                {{ get_create_table_as_sql(False, new_relation, chunk) }}
            {% endcall %}
        {%- else %}
            {% call statement('main') %}
                insert into {{ new_relation }} {{ chunk }}
            {% endcall %}
        {%- endif %}
    {%- endfor %}
{% endmacro %}

{#- (first day, last day) of each month that the bounds touch; without data, one wide pair. -#}
{% macro month_bounds() %}
    {%- set column = config.require('bounds_column') -%}
    {%- set pad = modules.datetime.timedelta(
        days=config.get('reach_days', late_window_days())) -%}
    {%- set found = run_query(
        'select min(' ~ column ~ '), max(' ~ column ~ ') from '
        ~ ref(config.require('bounds_model'))
    ).rows[0] -%}
    {%- if found[0] is none -%}
        {{ return([(first_day_of_all(), last_day_of_all())]) }}
    {%- endif -%}
    {%- set day = modules.datetime.datetime -%}
    {%- set first = day.strptime((found[0] | string)[:10], '%Y-%m-%d') - pad -%}
    {%- set last = day.strptime((found[1] | string)[:10], '%Y-%m-%d') + pad -%}
    {%- set months = [] -%}
    {%- for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month) -%}
        {%- set opening = day(number // 12, number % 12 + 1, 1) -%}
        {%- set next_opening = day((number + 1) // 12, (number + 1) % 12 + 1, 1) -%}
        {%- set closing = next_opening - modules.datetime.timedelta(days=1) -%}
        {%- do months.append((opening.strftime('%Y-%m-%d'), closing.strftime('%Y-%m-%d'))) -%}
    {%- endfor -%}
    {{ return(months) }}
{% endmacro %}
