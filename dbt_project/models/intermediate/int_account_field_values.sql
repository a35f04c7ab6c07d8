with accounts as (
    select account_id from {{ ref('int_accounts') }}
),

versions as (
    select
        snapshots.*,
        row_number() over (
            partition by snapshots.account_id order by snapshots.dbt_valid_from
        ) as version_number,
        count(*) over (partition by snapshots.account_id) as version_count
    from {{ ref('snap_accounts') }} as snapshots
    inner join accounts on snapshots.account_id = accounts.account_id
),

seen as (
    {%- for attribute in text_attributes() + number_attributes() %}
    select
        account_id,
        '{{ attribute }}' as attribute,
        cast({{ attribute }} as {{ dbt.type_string() }}) as field_value,
        version_number,
        version_count,
        created_at,
        last_changed_at,
        dbt_valid_from as seen_at
    from versions
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

recorded as (
    select
        history.account_id,
        history.field as attribute,
        case
            when history.field in (
                'country', 'owner_id', 'employees', 'annual_revenue', 'founded_year'
            ) then history.value
            else lower(history.value)
        end as field_value,
        history.changed_at,
        coalesce(history.known_at, history.changed_at) as known_at
    from {{ ref('stg_crm__account_history') }} as history
    inner join accounts on history.account_id = accounts.account_id
    where history.reject_reason is null
),

fields_recorded as (
    select distinct account_id, attribute from recorded
)

select
    account_id, attribute, field_value, changed_at as valid_from, known_at, 1 as precedence,
    false as is_only_value
from recorded
union all
select
    seen.account_id,
    seen.attribute,
    seen.field_value,
    -- without a history, the first value seen is taken to have held since the record was made,
    -- and to have been known when the record was last changed
    case
        when seen.version_number = 1 and fields_recorded.account_id is null
            then coalesce(seen.created_at, {{ midnight_of("cast('1900-01-01' as date)") }})
        else seen.seen_at
    end as valid_from,
    case
        when seen.version_number = 1 and fields_recorded.account_id is null
            then seen.last_changed_at
        else seen.seen_at
    end as known_at,
    2 as precedence,
    -- nearly all: they need no comparison with others
    seen.version_count = 1 and fields_recorded.account_id is null as is_only_value
from seen
left join fields_recorded
    on seen.account_id = fields_recorded.account_id
    and seen.attribute = fields_recorded.attribute
