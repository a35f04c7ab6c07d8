select
    account_id,
    icp_id,
    icp_version,
    criterion_id,
    is_met,
    value,
    reason,
    points_awarded,
    points_possible
from {{ ref('int_icp_criterion_matches') }}
