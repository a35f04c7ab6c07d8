with identity_links as (
    select account_id, match_method, match_confidence
    from {{ ref('int_account_identity') }}
    where account_id is not null and linked_system <> 'feedback'
),

ranked as (
    select
        *,
        row_number() over (
            partition by account_id
            order by match_confidence,
                case match_method when 'same_record' then 2 else 1 end, match_method
        ) as position
    from identity_links
)

select account_id, match_method, match_confidence
from ranked
where position = 1
