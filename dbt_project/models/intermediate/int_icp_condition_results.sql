with conditions as (
    select condition_key, attribute, operator, value_low, value_high
    from {{ ref('int_icp_conditions') }}
),

condition_values as (
    select condition_key, listed_value from {{ ref('int_icp_condition_values') }}
),

accounts as (
    select account_id from {{ ref('int_accounts') }}
),

current_values as (
    select
        account_id,
        attribute,
        lower(trim(value_text)) as compared_text,
        value_number,
        coalesce(value_text, {{ number_text('value_number') }}) as shown_value
    from {{ ref('int_account_attributes') }}
    where valid_to is null
        and known_at <= {{ known_at() }}
        and policy <> 'forbidden'
        and (value_text is not null or value_number is not null)
        and attribute in (select attribute from conditions)
),

compared as (
    select
        current_values.account_id,
        current_values.attribute,
        conditions.condition_key,
        current_values.shown_value,
        case
            when conditions.operator = 'between' then
                current_values.value_number >= coalesce(
                    conditions.value_low, current_values.value_number
                )
                and (
                    conditions.value_high is null
                    or current_values.value_number < conditions.value_high
                )
            else condition_values.listed_value is not null
        end as is_hit
    from current_values
    inner join conditions on current_values.attribute = conditions.attribute
    left join condition_values
        on conditions.condition_key = condition_values.condition_key
        and current_values.compared_text = condition_values.listed_value
),

-- an attribute with several values: one of them decides, and it is the one that is shown
several as (
    select distinct attribute
    from (
        select account_id, attribute
        from current_values
        group by account_id, attribute
        having count(*) > 1
    ) as repeated
),

known as (
    select account_id, condition_key, case when is_hit then 1 else 0 end as has_hit, shown_value
    from compared
    where is_hit is not null and attribute not in (select attribute from several)
    union all
    select
        account_id,
        condition_key,
        max(case when is_hit then 1 else 0 end) as has_hit,
        coalesce(min(case when is_hit then shown_value end), min(shown_value)) as shown_value
    from compared
    where is_hit is not null and attribute in (select attribute from several)
    group by account_id, condition_key
)

select
    accounts.account_id,
    conditions.condition_key,
    -- no value is neither met nor unmet: it stays unknown
    case
        when conditions.operator = 'not_in' then known.has_hit = 0
        else known.has_hit = 1
    end as is_met,
    known.shown_value
from accounts
cross join conditions
left join known
    on accounts.account_id = known.account_id
    and conditions.condition_key = known.condition_key
