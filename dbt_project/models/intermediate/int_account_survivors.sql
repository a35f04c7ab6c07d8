with recursive records as (
    select source_system, account_id, merged_into_id, is_deleted
    from {{ ref('int_account_records') }}
    where rule is null
),

-- a merge into a record that does not exist is no merge
edges as (
    select losers.source_system, losers.account_id, losers.merged_into_id
    from records as losers
    inner join records as winners
        on losers.source_system = winners.source_system
        and losers.merged_into_id = winners.account_id
    where losers.merged_into_id <> losers.account_id
),

walked as (
    select source_system, account_id, merged_into_id as reached_id, 1 as depth
    from edges
    union all
    select walked.source_system, walked.account_id, edges.merged_into_id, walked.depth + 1
    from walked
    inner join edges
        on walked.source_system = edges.source_system
        and walked.reached_id = edges.account_id
    -- merges that go round in a circle end here
    where walked.depth < 20
),

-- the end of the chain; in a circle, the smallest id of those that go round
ends as (
    select
        walked.source_system,
        walked.account_id,
        coalesce(
            min(case when edges.account_id is null then walked.reached_id end),
            min(case when walked.depth > 10 then walked.reached_id end)
        ) as surviving_account_id
    from walked
    left join edges
        on walked.source_system = edges.source_system
        and walked.reached_id = edges.account_id
    group by walked.source_system, walked.account_id
)

select
    records.source_system,
    records.account_id,
    coalesce(ends.surviving_account_id, records.account_id) as surviving_account_id,
    records.is_deleted
from records
left join ends
    on records.source_system = ends.source_system
    and records.account_id = ends.account_id
