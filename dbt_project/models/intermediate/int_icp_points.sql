with matches as (
    select * from {{ ref('int_icp_criterion_matches') }}
),

ranked as (
    select
        account_id,
        icp_id,
        icp_version,
        is_met,
        is_required,
        points_awarded,
        points_possible,
        criterion_label,
        case
            when is_met then '+' || {{ number_text('points_possible') }} || ' '
            when not is_met then '0 of ' || {{ number_text('points_possible') }} || ' '
            else ''
        end || criterion_label || coalesce(': ' || value, '') as reason_text,
        row_number() over (
            partition by account_id, icp_id, icp_version, is_met
            order by points_possible desc, criterion_id
        ) as position
    from matches
)

select
    account_id,
    icp_id,
    icp_version,
    sum(points_awarded) as points,
    sum(points_possible) as points_possible,
    sum(case when is_met is not null then points_possible else 0 end) as points_known,
    sum(case when is_required and is_met is null then 1 else 0 end) as required_unknown_count,
    sum(case when is_required and not is_met then 1 else 0 end) as required_unmet_count,
    max(case when is_met and position = 1 then reason_text end) as positive_1,
    max(case when is_met and position = 2 then reason_text end) as positive_2,
    max(case when is_met and position = 3 then reason_text end) as positive_3,
    max(case when not is_met and position = 1 then reason_text end) as negative_1,
    max(case when not is_met and position = 2 then reason_text end) as negative_2,
    max(case when not is_met and position = 3 then reason_text end) as negative_3,
    max(case when is_met is null and position = 1 then criterion_label end) as unknown_1,
    max(case when is_met is null and position = 2 then criterion_label end) as unknown_2,
    max(case when is_met is null and position = 3 then criterion_label end) as unknown_3
from ranked
group by account_id, icp_id, icp_version
