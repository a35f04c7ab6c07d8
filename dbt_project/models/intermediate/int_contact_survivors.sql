with recursive records as (
    select contact_id, merged_into_id
    from {{ ref('stg_crm__contacts') }}
    -- a CRM that deletes what it merged still says where to
    where reject_reason is null or reject_reason = 'deleted at the source'
),

-- answers name a person and no CRM. What a person answered under an id that the CRM does not export
-- is the person's all the same, so the other record need not exist.
edges as (
    select contact_id, min(merged_into_id) as merged_into_id
    from records
    where merged_into_id <> contact_id
    group by contact_id
),

walked as (
    select contact_id, merged_into_id as reached_id, 1 as depth
    from edges
    union all
    select walked.contact_id, edges.merged_into_id, walked.depth + 1
    from walked
    inner join edges on walked.reached_id = edges.contact_id
    -- merges that go round in a circle end here
    where walked.depth < 20
)

-- the end of the chain; in a circle, the smallest id of those that go round
select
    walked.contact_id,
    coalesce(
        min(case when edges.contact_id is null then walked.reached_id end),
        min(case when walked.depth > 10 then walked.reached_id end)
    ) as surviving_contact_id
from walked
left join edges on walked.reached_id = edges.contact_id
group by walked.contact_id
