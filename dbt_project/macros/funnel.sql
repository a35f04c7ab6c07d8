{#- The stages of the funnel, in order. Accounts that no lead came before begin at the fourth. -#}
{% macro funnel_stages() -%}
    {{- return(['lead', 'mql', 'sql', 'opportunity', 'won']) -}}
{%- endmacro %}

{#- The earlier of two dates that may be missing: least() passes over nulls. -#}
{% macro earlier(first, second) -%}
    least({{ first }}, {{ second }})
{%- endmacro %}

{#- A query of the median days in each stage, by segment and entry, of those that left it: `counts`
    has days and how many `converted` after so many. The longest that begins before a rank has it. -#}
{% macro funnel_medians(counts) -%}
    select segment_scheme, segment, entry, stage_number, total as n,
        (
            max(case when last_rank - converted < floor((total + 1) / 2.0) then days end)
            + max(case when last_rank - converted < ceil((total + 1) / 2.0) then days end)
        ) / 2.0 as median_days
    from (
        select
            *,
            sum(converted) over (
                partition by segment_scheme, segment, entry, stage_number
                order by days rows unbounded preceding
            ) as last_rank,
            sum(converted) over (
                partition by segment_scheme, segment, entry, stage_number
            ) as total
        from (
            select segment_scheme, segment, entry, stage_number, days,
                sum(converted) as converted
            from {{ counts }}
            group by segment_scheme, segment, entry, stage_number, days
        ) as days_in_stage
    ) as ranked
    group by segment_scheme, segment, entry, stage_number, total
{%- endmacro %}
