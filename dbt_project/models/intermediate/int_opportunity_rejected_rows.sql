with checked as (
    select * from {{ ref('int_opportunity_checks') }}
),

refused as (
    select
        source_system,
        source_file,
        source_row,
        opportunity_id,
        rule,
        case when rule = 'merged' then 'merged' else 'rejected' end as disposition,
        loaded_at
    from checked
    where rule is not null
),

-- the deal is kept, one of its fields cannot be used
cleared as (
    select source_system, source_file, source_row, opportunity_id, 'product is not known' as rule,
        'field_cleared' as disposition, loaded_at
    from checked
    where rule is null and product_id is not null and resolved_product_id is null
    union all
    select source_system, source_file, source_row, opportunity_id,
        'currency without rate' as rule, 'field_cleared' as disposition, loaded_at
    from checked
    where rule is null and amount is not null and rate_to_reporting is null
    union all
    select source_system, source_file, source_row, opportunity_id,
        'closed without outcome' as rule, 'field_cleared' as disposition, loaded_at
    from checked
    where rule is null and is_deal_closed and is_won is null
    union all
    select source_system, source_file, source_row, opportunity_id,
        'opportunity type is not known' as rule, 'field_cleared' as disposition, loaded_at
    from checked
    where rule is null and deal_type = 'unknown'
    union all
    select checked.source_system, checked.source_file, checked.source_row, checked.opportunity_id,
        'campaign of several sources' as rule, 'field_cleared' as disposition, checked.loaded_at
    from checked
    inner join {{ ref('int_campaign_identity') }} as campaigns
        on checked.source_system = campaigns.source_system
        and checked.campaign_id = campaigns.campaign_id
    where checked.rule is null and campaigns.is_ambiguous
),

affected as (
    select * from refused
    union all
    select * from cleared
)

select
    source_system,
    'crm.opportunities' as entity,
    source_file,
    source_row,
    opportunity_id as row_key,
    rule,
    disposition,
    1 as row_count,
    loaded_at
from affected
