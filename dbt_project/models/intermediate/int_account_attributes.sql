with accounts as (
    select account_id, rate_to_reporting from {{ ref('int_accounts') }}
),

catalogue as (
    select attribute, policy from {{ source('icp_registry', 'attribute_catalogue') }}
),

fields as (
    select
        intervals.account_id,
        intervals.attribute,
        case
            when intervals.attribute not in ('{{ number_attributes() | join("', '") }}')
                then intervals.field_value
        end as value_text,
        case
            when intervals.attribute = 'annual_revenue'
                then {{ try_number('intervals.field_value') }} * accounts.rate_to_reporting
            when intervals.attribute in ('{{ number_attributes() | join("', '") }}')
                then {{ try_number('intervals.field_value') }}
        end as value_number,
        intervals.valid_from,
        intervals.valid_to,
        intervals.known_at
    from {{ ref('int_account_field_intervals') }} as intervals
    inner join accounts on intervals.account_id = accounts.account_id
),

gathered as (
    select * from fields
    where value_text is not null or value_number is not null
    union all
    select
        account_id, 'technology', technology, null,
        first_seen_at, cast(null as timestamp), first_seen_at
    from {{ ref('int_account_technologies') }}
    union all
    select
        account_id, attribute, null, value_number,
        {{ midnight_of(as_of_date()) }}, cast(null as timestamp), {{ known_at() }}
    from {{ ref('int_account_usage_attributes') }}
    union all
    select
        account_id, attribute, value_text, value_number,
        {{ midnight_of(as_of_date()) }}, cast(null as timestamp), {{ known_at() }}
    from {{ ref('int_account_value_attributes') }}
)

select
    gathered.account_id,
    gathered.attribute,
    gathered.value_text,
    gathered.value_number,
    gathered.valid_from,
    gathered.valid_to,
    gathered.known_at,
    coalesce(catalogue.policy, 'observed') as policy
from gathered
left join catalogue on gathered.attribute = catalogue.attribute
