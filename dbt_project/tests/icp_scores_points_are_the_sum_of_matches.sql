-- A score whose reasons do not add up cannot be explained to anybody.
-- Every account and ICP of the run.
-- A returned row is a score that differs from the points its criteria awarded, or lacks either.
with matches as (
    select account_id, icp_id, icp_version, sum(points_awarded) as points
    from {{ ref('icp_matches') }}
    group by account_id, icp_id, icp_version
),

scores as (
    select account_id, icp_id, icp_version, points from {{ ref('icp_scores') }}
)

select coalesce(scores.account_id, matches.account_id) as account_id
from scores
full outer join matches
    on scores.account_id = matches.account_id
    and scores.icp_id = matches.icp_id
    and scores.icp_version = matches.icp_version
where scores.account_id is null
    or matches.account_id is null
    or abs(scores.points - matches.points) > 1e-9
