{#- Accounts' usage is summed over the 28 days up to each month's end (the running month: up to the
    as-of date, so its window begins in the month before). A range build rewrites the months from
    `usage_months_start` on: those that the range touches, the running one with all of its window, and
    the one that was running when the table was built before. -#}
{% macro usage_window_days() -%}{{ return(28) }}{%- endmacro %}

{% macro usage_months_start() -%}
    {%- if not is_range_build() -%}{{- return(usage_start()) -}}{%- endif -%}
    {%- set measured = run_query('select max(measured_on) from ' ~ this).rows[0][0] -%}
    {%- set as_of = modules.datetime.datetime.strptime(run_value('as_of_date'), '%Y-%m-%d') -%}
    {%- set window_opens = as_of - modules.datetime.timedelta(days=usage_window_days() - 1) -%}
    {%- set days = [run_value('usage_start'), window_opens.strftime('%Y-%m-%d')] -%}
    {%- if measured is not none -%}{%- do days.append((measured | string)[:10]) -%}{%- endif -%}
    {{- return("cast('" ~ (days | min)[:7] ~ "-01' as date)") -}}
{%- endmacro %}

{% macro usage_months_end() -%}
    {{- return(as_of_date() if is_range_build() else usage_end()) -}}
{%- endmacro %}

{#- Before the insert: the months that are rewritten go, and all months of accounts that changed. -#}
{% macro forget_usage_months() -%}
    {%- if is_range_build() -%}
    delete from {{ this }}
    where period_month >= {{ usage_months_start() }}
    {%- if has_changed_accounts() %}
        or account_id in (select account_id from {{ ref('int_usage_changed_accounts') }})
    {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- A set of days as the bits of a number: days that several rows share count once, without sorting
    millions of rows. `day_number` is from 0 to 27. -#}
{% macro days_seen(day_number) -%}
    {{ return(adapter.dispatch('days_seen', 'icp')(day_number)) }}
{%- endmacro %}

{% macro default__days_seen(day_number) -%}
    bit_or(1 << cast({{ day_number }} as integer))
{%- endmacro %}

{% macro spark__days_seen(day_number) -%}
    bit_or(shiftleft(1, cast({{ day_number }} as int)))
{%- endmacro %}

{% macro days_seen_by(sets) -%}
    bit_or({{ sets }})
{%- endmacro %}

{% macro day_count(set) -%}
    {{ return(adapter.dispatch('day_count', 'icp')(set)) }}
{%- endmacro %}

{% macro default__day_count(set) -%}
    bit_count({{ set }})
{%- endmacro %}

{% macro postgres__day_count(set) -%}
    bit_count(cast({{ set }} as bit(28)))
{%- endmacro %}
