with rules as (
    select
        segment_scheme, segment, attribute, operator, value_text, value_low, value_high,
        sort_order
    from {{ source('icp_registry', 'segment_rules') }}
),

scheme_attributes as (
    select distinct segment_scheme, attribute from rules
),

accounts as (
    select account_id, {{ day_of('created_at') }} as created_on from {{ ref('int_accounts') }}
),

attributes as (
    select
        attributes.account_id,
        attributes.attribute,
        attributes.value_text,
        attributes.value_number,
        -- what an account was when its record was made, it was before
        case
            when {{ day_of('attributes.valid_from') }} <= accounts.created_on
                -- measured on the as-of date only: nobody knows what they were before it
                and attributes.attribute not in ('{{ undated_attributes() | join("', '") }}')
                then cast('1900-01-01' as date)
            else {{ day_of('attributes.valid_from') }}
        end as valid_from,
        {{ day_of('attributes.valid_to') }} as valid_to
    from {{ ref('int_account_attributes') }} as attributes
    inner join accounts on attributes.account_id = accounts.account_id
    where attributes.attribute in (select attribute from scheme_attributes)
        and attributes.attribute not in ('{{ monthly_attributes() | join("', '") }}')
),

known as (
    select * from attributes
    where valid_to is null or valid_to > valid_from
)

select
    known.account_id,
    rules.segment_scheme,
    rules.segment,
    rules.sort_order,
    known.valid_from,
    known.valid_to
from known
inner join rules
    on known.attribute = rules.attribute
    and (
        (rules.operator = 'in' and lower(known.value_text) = lower(rules.value_text))
        or (
            rules.operator = 'between'
            and known.value_number >= coalesce(rules.value_low, known.value_number)
            and (rules.value_high is null or known.value_number < rules.value_high)
        )
        or rules.operator = 'otherwise'
    )
union all
-- a known value that no segment lists is `other`; only a missing one is `unknown`
select
    known.account_id,
    scheme_attributes.segment_scheme,
    'other' as segment,
    1000000 as sort_order,
    known.valid_from,
    known.valid_to
from known
inner join scheme_attributes on known.attribute = scheme_attributes.attribute
union all
select account_id, segment_scheme, segment, sort_order, valid_from, valid_to
from {{ ref('int_account_measured_segments') }}
