{%- set texts = ['industry', 'country', 'region', 'growth_stage', 'business_model'] -%}
{%- set numbers = ['employees', 'annual_revenue'] -%}
with attributes as (
    select
        account_id, attribute, value_text, value_number, valid_from, valid_to, known_at,
        -- an `or` in a left join's condition keeps engines from hashing it
        coalesce(valid_to, cast('9999-12-31' as timestamp)) as valid_until
    from {{ ref('int_account_attributes') }}
    where attribute in ('{{ (texts + numbers) | join("', '") }}')
),

-- an account of which nothing is known has one version too
breakpoints as (
    select
        account_id,
        coalesce(created_at, {{ midnight_of("cast('1900-01-01' as date)") }}) as starts_at
    from {{ ref('int_accounts') }}
    where account_id not in (select account_id from attributes)
    union
    select account_id, valid_from from attributes
    union
    select account_id, valid_to from attributes where valid_to is not null
),

versions as (
    select
        account_id,
        starts_at as valid_from,
        lead(starts_at) over (partition by account_id order by starts_at) as valid_to
    from breakpoints
)

select
    versions.account_id,
    versions.valid_from,
    versions.valid_to,
    coalesce(
        -- the version was learned when its last part was
        max(case when attributes.valid_from = versions.valid_from then attributes.known_at end),
        versions.valid_from
    ) as known_at,
    {%- for name in texts %}
    max(case when attributes.attribute = '{{ name }}' then attributes.value_text end) as {{ name }},
    {%- endfor %}
    cast(max(case when attributes.attribute = 'employees' then attributes.value_number end)
        as bigint) as employees,
    {{ money("max(case when attributes.attribute = 'annual_revenue'"
        ~ " then attributes.value_number end)") }} as annual_revenue
from versions
left join attributes
    on versions.account_id = attributes.account_id
    and versions.valid_from >= attributes.valid_from
    and versions.valid_from < attributes.valid_until
group by versions.account_id, versions.valid_from, versions.valid_to
