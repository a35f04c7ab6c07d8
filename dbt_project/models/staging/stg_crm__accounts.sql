with current_rows as (
    select * from {{ source('raw_crm', 'accounts') }}
    where {{ is_known() }}
),

cleaned as (
    select
        -- ids
        {{ clean_text('account_id') }} as account_id,
        {{ clean_text('parent_account_id') }} as parent_account_id,
        {{ person_key('owner_id') }} as owner_id,
        {{ clean_text('merged_into_id') }} as merged_into_id,
        -- attributes
        {{ clean_text('name') }} as name,
        {{ clean_domain('domain') }} as domain,
        {{ clean_category('industry') }} as industry,
        {{ clean_category('sub_industry') }} as sub_industry,
        {{ clean_code('currency') }} as currency,
        {{ clean_country('country') }} as country,
        {{ clean_category('region') }} as region,
        {{ clean_category('growth_stage') }} as growth_stage,
        {{ clean_category('business_model') }} as business_model,
        {{ clean_category('account_type') }} as account_type,
        {{ clean_text('icp_tier') }} as icp_tier,
        {{ clean_text('icp_reasons') }} as icp_reasons,
        {{ clean_text('icp_version') }} as icp_version,
        {{ clean_text('icp_product') }} as icp_product,
        -- numbers
        -- a wrong number is cleared and counted: rejecting the account would orphan its records
        case when employees >= 0 then employees end as employees,
        case when annual_revenue >= 0 then annual_revenue end as annual_revenue,
        case
            when founded_year between 1000 and 1 + extract(year from {{ known_at() }})
                then founded_year
        end as founded_year,
        icp_score,
        -- dates
        created_at,
        updated_at,
        -- fields that were cleared, and why
        {{ reject_reason([
            ('employees < 0', 'employees is negative'),
            ('annual_revenue < 0', 'annual_revenue is negative'),
            ('founded_year < 1000', 'founded_year is no year'),
            (
                'founded_year > 1 + extract(year from ' ~ known_at() ~ ')',
                'founded_year is no year'
            ),
        ]) }} as cleared_reason,
        -- origin
        {{ origin_columns() }}
    from current_rows
)

select
    *,
    {{ reject_reason(
        missing_rules(['account_id'])
        + deleted_rule()
        + duplicate_rule(['account_id'], 'updated_at')
        + future_rules(['created_at'])
    ) }} as reject_reason
from cleaned
