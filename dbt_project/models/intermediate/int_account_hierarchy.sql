with recursive accounts as (
    select source_system, account_id, parent_account_id from {{ ref('int_accounts') }}
),

survivors as (
    select source_system, account_id, surviving_account_id from {{ ref('int_account_survivors') }}
),

-- a parent that was merged away is the record it was merged into
edges as (
    select accounts.account_id, parents.account_id as parent_account_id
    from accounts
    inner join survivors
        on accounts.source_system = survivors.source_system
        and accounts.parent_account_id = survivors.account_id
    inner join accounts as parents on survivors.surviving_account_id = parents.account_id
    where parents.account_id <> accounts.account_id
),

walked as (
    select account_id, parent_account_id as reached_id, 1 as depth from edges
    union all
    select walked.account_id, edges.parent_account_id, walked.depth + 1
    from walked
    inner join edges on walked.reached_id = edges.account_id
    -- companies that own each other in a circle end here
    where walked.depth < 20
),

-- the top of the chain; in a circle, the smallest id of those that go round
tops as (
    select
        walked.account_id,
        coalesce(
            min(case when edges.account_id is null then walked.reached_id end),
            min(case when walked.depth > 10 then walked.reached_id end)
        ) as ultimate_parent_id,
        max(walked.depth) as depth,
        max(case when edges.account_id is null then 1 else 0 end) = 0 as is_in_circle
    from walked
    left join edges on walked.reached_id = edges.account_id
    group by walked.account_id
)

select
    accounts.account_id,
    -- the one who stands for a circle has no parent: a hierarchy must end somewhere
    case
        when tops.ultimate_parent_id <> accounts.account_id then edges.parent_account_id
    end as parent_account_id,
    coalesce(tops.ultimate_parent_id, accounts.account_id) as ultimate_parent_id,
    coalesce(tops.is_in_circle, false) as is_in_circle
from accounts
left join edges on accounts.account_id = edges.account_id
left join tops on accounts.account_id = tops.account_id
