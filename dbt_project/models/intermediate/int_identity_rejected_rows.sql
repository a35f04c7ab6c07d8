select
    source_system, 'crm.accounts' as entity, source_file, source_row, account_id as row_key,
    rule, 'intermediate' as stage, 'rejected' as disposition, cast(1 as bigint) as row_count,
    loaded_at
from {{ ref('int_account_records') }}
where rule is not null and not is_deleted
union all
select
    records.source_system, 'crm.accounts', records.source_file, records.source_row,
    records.account_id, 'merged into another record', 'intermediate', 'merged', 1,
    records.loaded_at
from {{ ref('int_account_records') }} as records
inner join {{ ref('int_account_survivors') }} as survivors
    on records.source_system = survivors.source_system
    and records.account_id = survivors.account_id
where survivors.account_id <> survivors.surviving_account_id and not records.is_deleted
union all
select
    source_system, 'crm.accounts', source_file, source_row, account_id, cleared_reason,
    'staging', 'field_cleared', 1, loaded_at
from {{ ref('stg_crm__accounts') }}
where reject_reason is null and cleared_reason is not null
union all
{{ merged_rejects('stg_crm__contacts', 'crm.contacts', 'contact_id') }}
union all
{{ merged_rejects('stg_support__tickets', 'support.tickets', 'ticket_id') }}
union all
select
    source_system, 'marketing.spend', source_file, source_row, row_key, rule, 'intermediate',
    'rejected', 1, loaded_at
from {{ ref('int_spend_checks') }}
where rule is not null
union all
-- the amount counts, aimed at no segment
select
    spend.source_system, 'marketing.spend', spend.source_file, spend.source_row, spend.row_key,
    'campaign of several sources', 'intermediate', 'field_cleared', 1, spend.loaded_at
from {{ ref('int_spend_checks') }} as spend
inner join {{ ref('int_campaign_identity') }} as campaigns
    on spend.source_system = campaigns.source_system and spend.campaign_id = campaigns.campaign_id
where spend.rule is null and campaigns.is_ambiguous
