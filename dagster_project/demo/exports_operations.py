"""Exports of billing (semicolons, decimal commas, dotted dates), support, product and the rest."""

from dagster_project.demo.export_plan import (
    NOW,
    Export,
    comma,
    dotted,
    iso,
    iso_day,
    known,
    zulu,
)

_CUSTOMERS = f"""
select row_no as _row, created_at as _seen, created_at as _changed,
    billing_customer_id as "CustomerNo", case when link = 'crm_id' then account_id end as "CrmId",
    name as "Company", case when link <> 'link_table' then domain end as "Domain",
    currency as "Currency", {dotted("created_at")} as "CreatedOn",
    {dotted("created_at")} as "ChangedOn"
from customers
"""

_SUBSCRIPTIONS = f"""
with latest as (
    select subscription_id, arg_max(status, valid_from) as status, max(valid_from) as changed_at
    from statuses where valid_from < {NOW} group by subscription_id
),
dated as (
    select s.*, latest.status, latest.changed_at,
        -- nobody gives notice before the contract has begun
        case when s.is_scheduled and s.ended_at > s.started_at
            then greatest(s.ended_at - to_days(s.notice_days), s.started_at) end as noticed_at,
        case when s.ended_at > s.started_at and not s.is_scheduled
            then greatest(s.ended_at - to_days(least(s.notice_days, 5)::integer), s.started_at)
            else s.ended_at end as cancelled_at
    from subscriptions as s
    left join latest on latest.subscription_id = s.subscription_id
),
shown as (
    select *, greatest(visible_at, changed_at, {known("noticed_at")}, {known("cancelled_at")},
        {known("ended_at")}) as _changed
    from dated
)
select row_no as _row, visible_at as _seen, _changed,
    subscription_id as "ContractNo", billing_customer_id as "CustomerNo", product_id as "Product",
    plan as "Plan",
    coalesce(status, case when ended_at < {NOW} then 'canceled' else 'active' end) as "Status",
    currency as "Currency", {dotted("started_at")} as "StartDate",
    {dotted(known("ended_at"))} as "EndDate",
    {dotted(known("noticed_at"))} as "NoticeDate",
    {dotted(known("cancelled_at"))} as "CancelDate",
    {dotted("case when trial_days > 0 then started_at end")} as "TrialStart",
    {dotted("case when trial_days > 0 then paid_from end")} as "TrialEnd",
    is_trial as "IsTrial",
    {dotted("case when is_stale_copy then visible_at - interval 1 day else _changed end")}
        as "ChangedOn"
from shown
"""

_ITEMS = f"""
select row_no as _row, visible_at as _seen,
    greatest(visible_at, {known("valid_to")}) as _changed,
    subscription_item_id as "PositionNo", subscription_id as "ContractNo", product_id as "Product",
    quantity::integer as "Quantity", {comma("unit_amount")} as "UnitPrice",
    {comma("discount_percent")} as "DiscountPercent",
    {comma("discount_amount")} as "DiscountAmount",
    currency as "Currency", billing_interval as "Interval", interval_count as "IntervalCount",
    is_recurring as "Recurring", is_usage_based as "UsageBased",
    {dotted("valid_from")} as "ValidFrom", {dotted(known("valid_to"))} as "ValidTo"
from items
"""

_STATUSES = f"""
select row_no as _row, visible_at as _seen,
    greatest(visible_at, {known("valid_to")}) as _changed,
    subscription_id as "ContractNo", status as "Status",
    {dotted("valid_from")} as "ValidFrom", {dotted(known("valid_to"))} as "ValidTo"
from statuses
"""

_INVOICES = f"""
select row_no as _row, visible_at as _seen, greatest(visible_at, {known("paid_on")}) as _changed,
    invoice_id as "InvoiceNo", billing_customer_id as "CustomerNo",
    subscription_id as "ContractNo", {comma("amount")} as "Total", currency as "Currency",
    -- some rows were keyed in by hand, in other formats
    case when mark is null then {dotted("issued_on")}
        when row_no % 2 = 0 then {iso_day("issued_on")}
        else strftime(issued_on, '%d/%m/%Y') end as "IssuedOn",
    {dotted(known("paid_on"))} as "PaidOn",
    case when paid_on < {NOW} then 'paid' else 'open' end as "Status",
    {dotted("period_start")} as "PeriodFrom", {dotted("period_end")} as "PeriodTo"
from invoices
"""

_ORGANIZATIONS = f"""
select row_no as _row, created_at as _seen, created_at as _changed,
    organization_id as id, case when has_crm_id then account_id end as external_id, name,
    domain as domain_name, {zulu("created_at")} as updated_at
from organizations
"""

_TICKETS = f"""
with shown as (
    select *, greatest(visible_at, {known("solved_at")}, {known("replied_at")},
        {known("rated_at")}) as _changed
    from tickets
)
select row_no as _row, visible_at as _seen, _changed,
    ticket_id as id, organization_id, requester_email, product_id as product, subject,
    case when solved_at < {NOW} then 'solved' when replied_at < {NOW} then 'pending'
        else 'open' end as status,
    priority, channel as via_channel, category as tag, {zulu("created_at")} as created_at,
    {zulu(known("solved_at"))} as solved_at,
    case when rated_at < {NOW} then satisfaction_score end as satisfaction_score,
    {zulu("case when is_stale_copy then created_at - interval 1 hour else _changed end")}
        as updated_at
from shown
"""

_COMMENTS = f"""
select row_no as _row, visible_at as _seen, visible_at as _changed,
    comment_id as id, ticket_id, author_role_at_time as author_role, is_public as public,
    is_bot as bot, {zulu("created_at")} as created_at
from comments
"""

_WORKSPACES = """
select row_no as _row, visible_at as _seen, visible_at as _changed,
    workspace_id, case when link = 'crm_id' then account_id end as crm_id, name as workspace_name,
    case when link <> 'link_table' then shown_domain end as company_domain, product_id as product,
    plan, seats::bigint as seats, created_at::timestamp as created_at,
    created_at::timestamp as updated_at
from workspaces
"""

_USERS = """
select row_no as _row, visible_at as _seen, visible_at as _changed,
    user_id, workspace_id, email, role, is_internal, created_at::timestamp as created_at
from users
"""

_SURVEYS = f"""
select row_no as _row, visible_at as _seen, visible_at as _changed,
    response_id as "Response", account_id as "Company ID", null::varchar as "Contact ID",
    survey_type as "Survey", score::integer as "Score", text as "Comment", product_id as "Product",
    {iso("submitted_at")} as "Submitted"
from surveys
"""

_SIGNALS = f"""
select row_no as _row, observed_at as _seen, observed_at as _changed,
    signal_id, account_id as crm_account_id, domain, signal_type, value,
    {iso("observed_at")} as observed_at, origin, confidence
from signals
"""

_TECHNOLOGIES = f"""
select row_no as _row, first_seen_at as _seen, first_seen_at as _changed,
    account_id as crm_account_id, domain, technology, role, {iso("first_seen_at")} as first_seen_at,
    {iso(f"least(last_seen_at, {NOW} - interval 1 hour)")} as last_seen_at, origin
from technologies
"""

_CAMPAIGNS = f"""
select row_no as _row, starts_on as _seen, starts_on as _changed,
    campaign_id as "Campaign", name as "Name", channel as "Channel", campaign_type as "Kind",
    starts_on::date as "Start", ends_on::date as "End", budgeted_cost as "Budget",
    case when ends_on < {NOW} then actual_cost end as "Cost", currency as "Currency",
    target_segment_scheme as "Target scheme", target_segment as "Target segment"
from campaigns
"""

_SPEND = """
select row_no as _row, visible_at as _seen, visible_at as _changed,
    spend_date::date as "Date", channel as "Channel", campaign_id as "Campaign",
    coalesce(category_spelt, category) as "Category", amount as "Amount", currency as "Currency",
    product_id as "Product"
from spend
"""

_RATES = f"""
select row_no as _row, rate_date as _seen, rate_date as _changed,
    {iso_day("rate_date")} as rate_date, from_currency, to_currency, rate
from fx_rates
"""


def _billing(name: str, sql: str, by_year: bool = False) -> Export:
    path = f"billing/{name}_{{stamp}}.csv"
    return Export(f"billing.{name}", path, "delta", sql, by_year, ";")


OPERATIONS_EXPORTS = (
    _billing("customers", _CUSTOMERS),
    _billing("subscriptions", _SUBSCRIPTIONS),
    _billing("subscription_items", _ITEMS),
    _billing("subscription_status_history", _STATUSES),
    _billing("invoices", _INVOICES, True),
    Export("support.organizations", "support/organizations_{stamp}.jsonl", "delta", _ORGANIZATIONS),
    Export("support.tickets", "support/tickets_{stamp}.jsonl", "delta", _TICKETS),
    Export(
        "support.ticket_comments", "support/ticket_comments_{stamp}.jsonl", "delta", _COMMENTS, True
    ),
    Export("product.workspaces", "product/workspaces_{stamp}.parquet", "delta", _WORKSPACES),
    Export("product.users", "product/users_{stamp}.parquet", "delta", _USERS),
    Export("feedback.survey_responses", "feedback/responses_{stamp}.csv", "delta", _SURVEYS, True),
    Export("external.signals", "external/signals_{stamp}.csv", "delta", _SIGNALS),
    Export("external.technologies", "external/technologies_{stamp}.csv", "delta", _TECHNOLOGIES),
    Export("marketing.campaigns", "marketing/campaigns_{stamp}.xlsx", "snapshot", _CAMPAIGNS),
    Export("marketing.spend", "marketing/spend_{stamp}.xlsx", "delta", _SPEND),
    Export("finance.fx_rates", "finance/fx_rates_{stamp}.csv", "snapshot", _RATES),
)
