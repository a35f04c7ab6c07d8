{#- Days are those of the company's time zone; times are kept in naive UTC. A run tells the zone as it
    tells the clocks; without one, days are UTC days and no time is moved. -#}
{% macro time_zone() -%}
    {{- return(run_value('time_zone') or 'UTC') -}}
{%- endmacro %}

{#- The day of a time. -#}
{% macro day_of(time) -%}
    cast({{ time_in_zone(time) }} as date)
{%- endmacro %}

{#- Midnight of a day, in UTC: the later of two where clocks go back over it. -#}
{% macro midnight_of(day) -%}
    {{ time_from_zone('cast(' ~ day ~ ' as timestamp)') }}
{%- endmacro %}

{#- When so many minutes of a day have passed on the clocks, in UTC. -#}
{% macro time_of_day(day, minutes) -%}
    {{ time_from_zone(dbt.dateadd('minute', minutes, 'cast(' ~ day ~ ' as timestamp)')) }}
{%- endmacro %}

{% macro time_in_zone(time) -%}
    {%- if time_zone() == 'UTC' -%}{{- return(time) -}}{%- endif -%}
    {{ return(adapter.dispatch('time_in_zone', 'icp')(time)) }}
{%- endmacro %}

{% macro default__time_in_zone(time) -%}
    timezone('{{ time_zone() }}', timezone('UTC', {{ time }}))
{%- endmacro %}

{% macro spark__time_in_zone(time) -%}
    from_utc_timestamp({{ time }}, '{{ time_zone() }}')
{%- endmacro %}

{% macro time_from_zone(time) -%}
    {%- if time_zone() == 'UTC' -%}{{- return(time) -}}{%- endif -%}
    {{ return(adapter.dispatch('time_from_zone', 'icp')(time)) }}
{%- endmacro %}

{% macro default__time_from_zone(time) -%}
    timezone('UTC', timezone('{{ time_zone() }}', {{ time }}))
{%- endmacro %}

{% macro spark__time_from_zone(time) -%}
    to_utc_timestamp({{ time }}, '{{ time_zone() }}')
{%- endmacro %}
