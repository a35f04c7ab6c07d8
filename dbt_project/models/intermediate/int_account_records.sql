with records as (
    select
        *,
        -- a CRM deletes the losing record of a merge: it still says who survived
        row_number() over (
            partition by source_system, account_id
            order by case when reject_reason is null then 1 else 2 end, source_row desc
        ) as position
    from {{ ref('stg_crm__accounts') }}
    where account_id is not null
        and (
            reject_reason is null
            or (reject_reason = 'deleted at the source' and merged_into_id is not null)
        )
),

sources_of_id as (
    select
        *,
        dense_rank() over (partition by account_id order by source_system) as source_position
    from records
    where position = 1
)

select
    source_system,
    account_id,
    merged_into_id,
    reject_reason is not null as is_deleted,
    source_file,
    source_row,
    loaded_at,
    case
        when source_position > 1 then 'account_id is also used by another CRM source'
    end as rule
from sources_of_id
