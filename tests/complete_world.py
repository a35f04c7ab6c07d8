"""A small world with rows of every kind: no metric and no mart of it is without a value."""

from datetime import date
from typing import Any

from customer_world import random_customer_rows
from funnel_world import lead_rows
from kpi_world import random_kpi_rows
from raw_world import DEFAULT_REGISTRY

Rows = dict[str, list[dict[str, Any]]]
ACCOUNTS = 24
DEALS_AND_SPEND = ("crm.opportunities", "marketing.campaigns", "marketing.spend")
COMPLETE_REGISTRY = {
    "products": [
        row | {"clock_start": "contract_start", "active_event": row["value_event"]}
        for row in DEFAULT_REGISTRY["products"]
    ],
    "support_week": [
        {"weekday": day, "opens_minute": 540, "closes_minute": 1080} for day in range(1, 6)
    ],
    "metric_parameters": [
        {"parameter": "min_n", "value_number": 2.0},
        {"parameter": "value_scheme", "value_text": "industry"},
    ],
}


def complete_rows() -> Rows:
    """Give accounts with contracts, usage, tickets, answers, leads, deals and spend."""
    rows = random_customer_rows(ACCOUNTS, seed=5)
    deals = random_kpi_rows(ACCOUNTS, seed=5)
    rows |= {name: deals[name] for name in DEALS_AND_SPEND}
    accounts = {row["account_id"] for row in rows["crm.accounts"]}
    # contracts by the year, old enough for everything that looks back twelve months
    for number in range(1, ACCOUNTS, 2):
        _yearly(rows, number, date(2029, 2, number))
    leads = [lead for lead in lead_rows(rows) if lead.get("converted_account_id") in accounts]
    return rows | {"crm.leads": leads}


def _yearly(rows: Rows, number: int, started: date) -> None:
    key = {"subscription_id": f"Y{number}"}
    rows["billing.subscriptions"].append(
        key | {"billing_customer_id": f"B{number}", "product_id": "atlas", "started_at": started}
    )
    rows["billing.subscription_items"].append(
        key
        | {"subscription_item_id": f"IY{number}", "billing_interval": "year"}
        | {"unit_amount": 1200.0 * number, "valid_from": started, "valid_to": None}
    )
