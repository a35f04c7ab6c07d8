{#- The stages of the funnel, in order. Accounts that no lead came before begin at the fourth. -#}
{% macro funnel_stages() -%}
    {{- return(['lead', 'mql', 'sql', 'opportunity', 'won']) -}}
{%- endmacro %}

{#- The earlier of two dates that may be missing. -#}
{% macro earlier(first, second) -%}
    coalesce(least({{ first }}, {{ second }}), {{ first }}, {{ second }})
{%- endmacro %}

{#- A query of the median days in each stage, by segment and entry, of those that left it: `counts`
    has days and how many `converted` after so many. -#}
{% macro funnel_medians(counts) -%}
    select segment_scheme, segment, entry, stage_number, max(total) as n,
        (
            max(case when floor((total + 1) / 2.0) > last_rank - converted
                and floor((total + 1) / 2.0) <= last_rank then days end)
            + max(case when ceil((total + 1) / 2.0) > last_rank - converted
                and ceil((total + 1) / 2.0) <= last_rank then days end)
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
    group by segment_scheme, segment, entry, stage_number
{%- endmacro %}
