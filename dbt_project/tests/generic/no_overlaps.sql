{#- A returned row is an interval [valid_from, valid_to) that begins before the one before it in
    its group ends; with `allow_gaps: false`, also one that begins after. -#}
{% test no_overlaps(
    model, group_by, allow_gaps=true, valid_from='valid_from', valid_to='valid_to'
) %}
with neighbours as (
    select
        {{ group_by | join(', ') }},
        {{ valid_from }} as starts_at,
        lag({{ valid_to }}) over (
            partition by {{ group_by | join(', ') }} order by {{ valid_from }}
        ) as previous_end,
        row_number() over (
            partition by {{ group_by | join(', ') }} order by {{ valid_from }}
        ) as position
    from {{ model }}
)

select * from neighbours
where position > 1 and (
    previous_end is null
    or starts_at < previous_end
    {% if not allow_gaps %}or starts_at > previous_end{% endif %}
)
{% endtest %}
