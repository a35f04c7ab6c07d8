with field_values as (
    select * from {{ ref('int_account_field_values') }} where not is_only_value
),

-- of two values for one moment the one learned last counts
ranked as (
    select
        *,
        row_number() over (
            partition by account_id, attribute, valid_from order by known_at desc, precedence desc
        ) as position
    from field_values
),

compared as (
    select
        account_id,
        attribute,
        field_value,
        valid_from,
        known_at,
        lag(field_value) over (
            partition by account_id, attribute order by valid_from
        ) as previous_value,
        row_number() over (partition by account_id, attribute order by valid_from) as change_number
    from ranked
    where position = 1
),

changes as (
    select account_id, attribute, field_value, valid_from, known_at
    from compared
    where change_number = 1 or coalesce(field_value, '') <> coalesce(previous_value, '')
)

select
    account_id,
    attribute,
    field_value,
    valid_from,
    lead(valid_from) over (partition by account_id, attribute order by valid_from) as valid_to,
    known_at
from changes
union all
select account_id, attribute, field_value, valid_from, cast(null as timestamp), known_at
from {{ ref('int_account_field_values') }}
where is_only_value
