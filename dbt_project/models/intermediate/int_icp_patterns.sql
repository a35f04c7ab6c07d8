with patterns as (
    select distinct icp_id, icp_version, pattern from {{ ref('int_icp_account_patterns') }}
),

criteria as (
    select * from {{ ref('int_icp_conditions') }} where condition_kind = 'criterion'
),

-- accounts are many, patterns of answers few: whatever follows from the answers is worked out here
answers as (
    select
        patterns.icp_id,
        patterns.icp_version,
        patterns.pattern,
        criteria.condition_label,
        criteria.points,
        criteria.is_required,
        criteria.weight_rank,
        mod(
            cast(
                (patterns.pattern - mod(patterns.pattern, criteria.place_value))
                / criteria.place_value as bigint
            ),
            3
        ) as answer
    from patterns
    inner join criteria
        on patterns.icp_id = criteria.icp_id
        and patterns.icp_version = criteria.icp_version
),

ranked as (
    select
        *,
        case answer
            when 1 then '+' || {{ number_text('points') }} || ' ' || condition_label
            when 0 then '0 of ' || {{ number_text('points') }} || ' ' || condition_label
            else condition_label
        end as reason_text,
        row_number() over (
            partition by icp_id, icp_version, pattern, answer order by weight_rank
        ) as position
    from answers
),

summed as (
    select
        icp_id,
        icp_version,
        pattern,
        sum(case when answer = 1 then points else 0 end) as points,
        sum(points) as points_possible,
        sum(case when answer <> 2 then points else 0 end) as points_known,
        sum(case when is_required and answer = 2 then 1 else 0 end) as required_unknown_count,
        sum(case when is_required and answer = 0 then 1 else 0 end) as required_unmet_count,
        {%- for name, answer in [('positive', 1), ('negative', 0), ('unknown', 2)] %}
        {%- for position in [1, 2, 3] %}
        max(case when answer = {{ answer }} and position = {{ position }} then reason_text end)
            as {{ name }}_{{ position }}{{ ',' if not (name == 'unknown' and loop.last) }}
        {%- endfor %}
        {%- endfor %}
    from ranked
    group by icp_id, icp_version, pattern
)

select
    icp_id,
    icp_version,
    pattern,
    points,
    points_possible,
    points_known,
    required_unknown_count,
    required_unmet_count,
    {{ text_list(['positive_1', 'positive_2', 'positive_3'], '; ') }} as reasons_for,
    {{ text_list(['negative_1', 'negative_2', 'negative_3'], '; ') }} as reasons_against,
    {{ text_list(['unknown_1', 'unknown_2', 'unknown_3'], ', ') }} as unknown_criteria
from summed
