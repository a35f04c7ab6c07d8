"""Exports of the CRM: comma-separated, with the vendor's column names and full nightly dumps."""

from dagster_project.demo.export_plan import NOW, Export, iso, iso_day, known, relabel
from dagster_project.demo.vocabulary import INDUSTRIES, PRODUCTS, STAGE_LABELS, TYPE_LABELS

_INDUSTRY = relabel("a.industry", {row.slug: row.label for row in INDUSTRIES})
_PRODUCT = relabel("product_id", {name: name.title() for name in PRODUCTS})

_ACCOUNTS = f"""
with latest as (
    select account_id, max(known_at) as changed_at,
        arg_max(value, changed_at) filter (where field = 'employees') as employees,
        arg_max(value, changed_at) filter (where field = 'growth_stage') as growth_stage
    from account_changes where known_at < {NOW} group by account_id
),
paying as (
    select account, bool_or(ended_at is null or ended_at >= {NOW}) as is_active
    from subscriptions
    where defect is null and not is_trial and started_at < {NOW}
    group by account
)
select a.row_no as _row, a.visible_at as _seen,
    greatest(a.visible_at, latest.changed_at) as _changed,
    a.account_id as "Id", a.name as "Name", a.shown_domain as "Domain__c",
    parents.account_id as "ParentId",
    case when not a.missing_industry then coalesce(a.industry_spelt, {_INDUSTRY}) end as "Industry",
    case when not a.missing_sub_industry then a.sub_industry end as "Sub_Industry__c",
    coalesce(a.employees_text, case when not a.missing_employees
        then coalesce(latest.employees, a.employees::varchar) end) as "NumberOfEmployees",
    case when not a.missing_annual_revenue then a.annual_revenue::bigint end as "AnnualRevenue",
    a.currency as "CurrencyIsoCode", a.country as "BillingCountry", a.region as "Region__c",
    case when not a.missing_founded_year then a.founded_year end as "Founded_Year__c",
    case when not a.missing_growth_stage
        then coalesce(latest.growth_stage, a.growth_stage) end as "Growth_Stage__c",
    case when not a.missing_business_model then a.business_model end as "Business_Model__c",
    a.owner_id as "OwnerId",
    case when a.is_partner then 'partner' when paying.is_active then 'customer'
        when paying.account is not null then 'former_customer' else 'prospect' end as "Type",
    a.merged_into_id as "MasterRecordId",
    {iso("a.created_at")} as "CreatedDate",
    {
    iso(
        "case when a.is_stale_copy then a.created_at else greatest("
        "a.created_at + interval 1 hour, latest.changed_at) end"
    )
} as "SystemModstamp",
    a.is_deleted as "IsDeleted",
    -- scores that somebody typed in by hand, long ago
    case when a.row_no % 25 = 3 then 50 end as "ICP_Score__c",
    case when a.row_no % 25 = 3 then 'B' end as "ICP_Tier__c",
    case when a.row_no % 50 = 3 then 'looks good' end as "ICP_Reasons__c",
    case when a.row_no % 25 = 3 then 'manual' end as "ICP_Version__c",
    null::varchar as "ICP_Product__c"
from accounts as a
-- one key a side: with a second condition this join is no hash join
left join latest on latest.account_id = case when not a.is_stale_copy then a.account_id end
left join paying on paying.account = a.row_no
left join accounts as parents on parents.row_no = nullif(a.parent, -1)
where not a.vanishes or {NOW} <= getvariable('vanish_at')
"""

_HISTORY = f"""
select row_no as _row, known_at as _seen, known_at as _changed,
    account_id as "AccountId", field as "Field", value as "NewValue",
    {iso("changed_at")} as "ChangedDate", {iso("known_at")} as "CreatedDate"
from account_changes
"""

_CONTACTS = f"""
select row_no as _row, visible_at as _seen, visible_at as _changed,
    contact_id as "Id", account_id as "AccountId", full_name as "Name", email as "Email",
    title as "Title", seniority as "Seniority__c", "function" as "Function__c",
    buying_role as "Buying_Role__c", null::varchar as "MasterRecordId",
    {iso("created_at")} as "CreatedDate",
    {iso("case when is_stale_copy then created_at else created_at + interval 2 hour end")}
        as "SystemModstamp"
from contacts
"""

_LEADS = f"""
select row_no as _row, created_at as _seen,
    greatest(created_at, {known("mql_at")}, {known("sql_at")}, {known("converted_at")}) as _changed,
    lead_id as "Id", full_name as "Name", email as "Email", company as "Company",
    source as "LeadSource",
    case when converted_at < {NOW} then 'converted' when sql_at < {NOW} then 'qualified'
        when mql_at < {NOW} then 'working' else 'open' end as "Status",
    {iso("created_at")} as "CreatedDate", {iso(known("mql_at"))} as "MQL_Date__c",
    {iso(known("sql_at"))} as "SQL_Date__c", {iso(known("converted_at"))} as "ConvertedDate",
    case when converted_at < {NOW} then converted_account_id end as "ConvertedAccountId",
    case when converted_at < {NOW} then converted_opportunity_id end as "ConvertedOpportunityId",
    {iso("_changed")} as "SystemModstamp"
from leads
"""

_STAGE = relabel("stage", STAGE_LABELS)
# what is still open is promised for the end of a quarter, as ever
_CLOSE_DATE = f"""case when stage in ('won', 'lost') then closed_at else greatest(
        created_at + interval 75 day, date_trunc('quarter', {NOW}) + interval 3 month
            - interval 1 day) end"""
_OPPORTUNITIES = f"""
with latest as (
    select opportunity_id, arg_max(stage, entered_at) as stage, max(entered_at) as entered_at
    from stage_history where entered_at < {NOW} group by opportunity_id
),
shown as (
    select deals.*, latest.entered_at,
        case when deals.defect = 'missing_required' then null
            else coalesce(latest.stage, case when closed_at >= {NOW} then 'discovery'
                when is_won then 'won' else 'lost' end) end as stage,
        greatest(deals.visible_at, latest.entered_at) as _changed
    from deals
    left join latest on latest.opportunity_id = deals.opportunity_id
)
select row_no as _row, visible_at as _seen, _changed,
    opportunity_id as "Id", account_id as "AccountId", name as "Name", {_PRODUCT} as "Product__c",
    {relabel("opportunity_type", TYPE_LABELS)} as "Type",
    case when is_stale_copy then round(amount * 0.9, 2) else amount end as "Amount",
    currency as "CurrencyIsoCode", {_STAGE} as "StageName",
    {iso("created_at")} as "CreatedDate",
    {iso_day(_CLOSE_DATE)} as "CloseDate",
    case when stage = 'lost' then loss_reason end as "Loss_Reason__c",
    competitor as "Competitor__c", lead_source as "LeadSource", campaign_id as "CampaignId",
    owner_id as "OwnerId", is_deleted as "IsDeleted",
    {iso("case when is_stale_copy then created_at else _changed + interval 1 hour end")}
        as "SystemModstamp"
from shown
"""

_STAGES = f"""
select row_no as _row, entered_at as _seen, entered_at as _changed,
    opportunity_id as "OpportunityId", {_STAGE} as "StageName", amount as "Amount",
    {iso_day("close_date_forecast")} as "CloseDate", {iso("entered_at")} as "CreatedDate"
from stage_history
"""

_ROLES = """
select row_no as _row, created_at as _seen, created_at as _changed,
    opportunity_id as "OpportunityId", contact_id as "ContactId", role as "Role",
    is_primary as "IsPrimary"
from contact_roles
"""

_OPPORTUNITY_ACCOUNTS = """
select row_no as _row, visible_at as _seen, visible_at as _changed,
    opportunity_id as "OpportunityId", account_id as "AccountId", is_primary as "IsPrimary"
from opportunity_accounts
"""

_LINKS = """
select row_no as _row, created_at as _seen, created_at as _changed,
    linked_system, linked_key, account_id
from account_links
"""

CRM_EXPORTS = (
    Export("crm.accounts", "crm/accounts_{stamp}.csv", "snapshot", _ACCOUNTS),
    Export("crm.account_history", "crm/account_history_{stamp}.csv", "delta", _HISTORY, True),
    Export("crm.contacts", "crm/contacts_{stamp}.csv", "snapshot", _CONTACTS),
    Export("crm.leads", "crm/leads_{stamp}.csv", "delta", _LEADS, True),
    Export("crm.opportunities", "crm/opportunities_{stamp}.csv", "snapshot", _OPPORTUNITIES),
    Export(
        "crm.opportunity_stage_history", "crm/stage_history_{stamp}.csv", "delta", _STAGES, True
    ),
    Export("crm.opportunity_contact_roles", "crm/contact_roles_{stamp}.csv", "delta", _ROLES),
    Export(
        "crm.opportunity_accounts",
        "crm/deal_accounts_{stamp}.csv",
        "delta",
        _OPPORTUNITY_ACCOUNTS,
    ),
    Export("identity.account_links", "crm/account_links_{stamp}.csv", "delta", _LINKS),
)
