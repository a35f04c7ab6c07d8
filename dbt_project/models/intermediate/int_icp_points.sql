{{ config(materialized='view') }}

with accounts as (
    select account_id, icp_id, icp_version, pattern from {{ ref('int_icp_account_patterns') }}
),

patterns as (
    select * from {{ ref('int_icp_patterns') }}
)

select
    accounts.account_id,
    accounts.icp_id,
    accounts.icp_version,
    patterns.points,
    patterns.points_possible,
    patterns.points_known,
    patterns.required_unknown_count,
    patterns.required_unmet_count,
    patterns.reasons_for,
    patterns.reasons_against,
    patterns.unknown_criteria
from accounts
inner join patterns
    on accounts.icp_id = patterns.icp_id
    and accounts.icp_version = patterns.icp_version
    and accounts.pattern = patterns.pattern
