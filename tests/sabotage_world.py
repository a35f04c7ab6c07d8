"""A small healthy company whose candidate passes the gate, so that one fault at a time stops it.

Two years of forty invented accounts, all from source `harbor`, with a ledger as landing writes it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from raw_world import KNOWN_AT, build_raw_world

from dagster_project.icp.sources import Tolerances

SOURCE = "harbor"
AS_OF = date(2030, 6, 30)
ACCOUNTS = 40
LOADED_AT = KNOWN_AT - timedelta(hours=5)

Rows = dict[str, list[dict[str, Any]]]


def _month(offset: int) -> str:
    """Give the first day of the month `offset` months after June 2028."""
    year, month = divmod(5 + offset, 12)
    return f"{2028 + year}-{month + 1:02d}-01"


def _accounts() -> list[dict[str, Any]]:
    return [
        {
            "account_id": f"acc-{i:02d}",
            "name": f"Invented Works {i:02d}",
            "domain": f"invented-{i:02d}.example",
            "industry": ("software", "retail")[i % 2],
            "employees": 20 + 15 * i,
            "country": "DE",
            "created_at": f"{_month(i % 12)} 08:00:00",
            "updated_at": "2030-06-01 08:00:00",
        }
        for i in range(ACCOUNTS)
    ]


def _opportunities() -> list[dict[str, Any]]:
    return [
        {
            "opportunity_id": f"opp-{i:02d}",
            "account_id": f"acc-{i:02d}",
            "product_id": ("atlas", "beacon")[i % 2],
            "opportunity_type": "new",
            "amount": 1000.0 + i,
            "currency": "USD",
            "stage": "Won" if i % 3 else "Lost",
            "is_closed": True,
            "is_won": bool(i % 3),
            "created_at": f"{_month(i % 12)} 09:00:00",
            "close_date": _month(i % 12 + 2),
            "updated_at": "2030-06-01 08:00:00",
        }
        for i in range(ACCOUNTS)
    ]


def _billing() -> Rows:
    paying = [i for i in range(ACCOUNTS) if i % 3]
    customers = [
        {
            "billing_customer_id": f"cus-{i:02d}",
            "crm_account_id": f"acc-{i:02d}",
            "currency": "USD",
        }
        for i in paying
    ]
    subscriptions = [
        {
            "subscription_id": f"sub-{i:02d}",
            "billing_customer_id": f"cus-{i:02d}",
            "product_id": ("atlas", "beacon")[i % 2],
            "status": "active",
            "currency": "USD",
            "started_at": _month(i % 12 + 2),
            "ended_at": _month(i % 12 + 10) if i % 7 == 1 else None,
        }
        for i in paying
    ]
    items = [
        {
            "subscription_item_id": f"item-{i:02d}",
            "subscription_id": f"sub-{i:02d}",
            "product_id": ("atlas", "beacon")[i % 2],
            "quantity": 2.0,
            "unit_amount": 50.0 + i,
            "currency": "USD",
            "billing_interval": "month",
            "interval_count": 1,
            "is_recurring": True,
            "is_usage_based": False,
            "valid_from": _month(i % 12 + 2),
        }
        for i in paying
    ]
    return {
        "billing.customers": customers,
        "billing.subscriptions": subscriptions,
        "billing.subscription_items": items,
    }


def _usage() -> Rows:
    paying = [i for i in range(ACCOUNTS) if i % 3]
    workspaces = [
        {
            "workspace_id": f"ws-{i:02d}",
            "crm_account_id": f"acc-{i:02d}",
            "product_id": ("atlas", "beacon")[i % 2],
            "created_at": f"{_month(i % 12 + 2)} 10:00:00",
        }
        for i in paying
    ]
    events = [
        {
            "event_id": f"ev-{i:02d}-{day}",
            "account_key": f"ws-{i:02d}",
            "user_id": f"user-{i:02d}",
            "event_name": ("atlas", "beacon")[i % 2] + ("_opened", "_report_shared")[day % 2],
            "feature": "reports",
            "product_id": ("atlas", "beacon")[i % 2],
            "occurred_at": f"2030-06-{day:02d} 10:00:00",
            "event_count": 1,
            "_source": SOURCE,
        }
        for i in paying
        for day in range(20, 30)
    ]
    return {"product.workspaces": workspaces, "product.events": events}


def healthy_rows() -> Rows:
    """Give the rows of every entity that the company has."""
    tickets = [
        {
            "ticket_id": f"t-{i:02d}",
            "organization_id": f"org-{i:02d}",
            "product_id": "atlas",
            "status": "solved",
            "priority": "normal",
            "channel": "email",
            "created_at": "2030-05-02 09:00:00",
            "solved_at": "2030-05-03 09:00:00",
        }
        for i in range(10)
    ]
    organizations = [
        {"organization_id": f"org-{i:02d}", "crm_account_id": f"acc-{i:02d}"} for i in range(10)
    ]
    spend = [
        {
            "spend_date": _month(month),
            "channel": "events",
            "category": "media",
            "amount": 500.0,
            "currency": "USD",
        }
        for month in range(24)
    ]
    rows = {
        "crm.accounts": _accounts(),
        "crm.opportunities": _opportunities(),
        **_billing(),
        **_usage(),
        "support.organizations": organizations,
        "support.tickets": tickets,
        "marketing.spend": spend,
    }
    for entity, content in rows.items():
        for row in content if entity != "product.events" else []:
            row |= {"_source": SOURCE, "_load_id": f"load-{entity}", "_loaded_at": LOADED_AT}
    return rows


def _load(entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "load_id": f"load-{entity}",
        "run_id": "run-1",
        "source": SOURCE,
        "entity": entity,
        "file": f"{entity.replace('.', '/')}.csv",
        "load_mode": "snapshot",
        "status": "loaded",
        "rows_read": len(rows),
        "rows_inserted": len(rows),
        "rows_before": 0,
        "rows_after": len(rows),
        "source_columns": ",".join(rows[0]),
        "max_occurred": LOADED_AT - timedelta(hours=1),
        "loaded_at": LOADED_AT,
    }


def healthy_registry(rows: Rows) -> dict[str, list[dict[str, Any]]]:
    """Give one ICP of two criteria, 100 points at most, and the default tolerances."""
    icp = {"icp_id": "atlas-core", "icp_version": "v1"}
    version = {
        "scope": "product", "product_id": "atlas", "icp_name": "Atlas core",
        "icp_status": "hypothesis", "max_points": 100.0, "match_points": 60.0, "tier_margin": 5.0,
        "min_completeness": 0.5, "body": "{}", "valid_from": "2028-01-01", "is_current": True,
    }  # fmt: skip
    criteria = [
        ("industry", "in", 60.0, None),
        ("employees", "between", 40.0, 100.0),
    ]
    tolerances = [
        {"source": SOURCE, "entity": entity, "rule": rule, "threshold": float(value)}
        for entity in rows
        for rule, value in Tolerances().model_dump().items()
    ]
    freshness = [
        {"source": SOURCE, "entity": "*", "rule": "freshness_hours", "threshold": hours}
        | {"severity": severity}
        for severity, hours in (("warn", 36.0), ("error", 72.0))
    ]
    return {
        "icp_versions": [icp | version],
        "icp_criteria": [
            icp | {"criterion_id": attribute, "criterion_label": attribute, "attribute": attribute,
                   "dimension": "firmographic", "operator": operator, "value_low": low,
                   "points": points, "is_required": False, "provenance": "assumed"}
            for attribute, operator, points, low in criteria
        ],
        "icp_criterion_values": [icp | {"criterion_id": "industry", "value_text": "software"}],
        "icp_tiers": [
            icp | {"tier": tier, "min_points": points}
            for tier, points in (("A", 90.0), ("B", 60.0), ("C", 30.0), ("D", 0.0))
        ],
        "attribute_catalogue": [
            {"attribute": name, "dimension": "firmographic", "value_type": kind,
             "policy": "assumed_static"}
            for name, kind in (("industry", "text"), ("employees", "number"))
        ],
        "tolerances": [{"severity": "error"} | row for row in (*tolerances, *freshness)],
    }  # fmt: skip


def build_healthy_world(path: Path) -> Path:
    """Write the warehouse of the company as landing and the registry would leave it."""
    rows = healthy_rows()
    loads = [_load(entity, content) for entity, content in rows.items()]
    event_file = {
        "source": SOURCE, "file": "dt=2030-06-29", "fingerprint": "1",
        "event_rows": len(rows["product.events"]), "first_day": "2030-06-20",
        "last_day": "2030-06-29", "max_received": "2030-06-30 20:00:00", "landed_at": LOADED_AT,
    }  # fmt: skip
    ledger = {"loads": loads, "event_files": [event_file]}
    return build_raw_world(path, rows, healthy_registry(rows), ledger=ledger)
