{#- Which usage days a build rewrites, as literals, so that engines skip all other days.

    A range build replaces the days [usage_start, usage_end] and keeps the rest. Without the
    variables, with --full-refresh, or where the table does not exist yet, every day is built; the
    bounds are then far-off dates, which the `daily_range` materialization narrows month by month.
-#}
{% macro first_day_of_all() -%}{{ return('0100-01-01') }}{%- endmacro %}
{% macro last_day_of_all() -%}{{ return('9000-12-31') }}{%- endmacro %}

{% macro is_range_build() -%}
    {%- if not execute or should_full_refresh() or not run_value('usage_start')
        or not run_value('usage_end') or load_relation(this) is none -%}
        {{- return(false) -}}
    {%- endif -%}
    {{- return(true) -}}
{%- endmacro %}

{#- Literal dates; `shift` days are added by the engine, which folds constants before it prunes. -#}
{% macro usage_start(shift=0) -%}
    {%- set day = run_value('usage_start') if is_range_build() else first_day_of_all() -%}
    {{ shifted_day(day, shift) }}
{%- endmacro %}

{% macro usage_end(shift=0) -%}
    {%- set day = run_value('usage_end') if is_range_build() else last_day_of_all() -%}
    {{ shifted_day(day, shift) }}
{%- endmacro %}

{% macro shifted_day(day, shift) -%}
    {%- set literal = "cast('" ~ day ~ "' as date)" -%}
    {{- add_days(literal, shift) if shift else literal -}}
{%- endmacro %}

{% macro late_window_days() -%}
    {{- return((run_value('late_window_days') or 7) | int) -}}
{%- endmacro %}

{#- For the `where` of tests: the rewritten days only, or all where the run rewrites all. -#}
{% macro usage_days_tested() -%}
    {%- if execute and run_value('usage_start') and run_value('usage_end') -%}
        usage_date between cast('{{ run_value("usage_start") }}' as date)
            and cast('{{ run_value("usage_end") }}' as date)
    {%- else -%} 1 = 1
    {%- endif -%}
{%- endmacro %}
