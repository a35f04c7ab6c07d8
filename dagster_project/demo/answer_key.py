"""The answer key: what was planted, and what an exact reading of the sample must find.

Counts and totals come from the generator's clean tables, by other code than the pipeline's. The
pipeline never reads the key; tests do.
"""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.demo import truth
from dagster_project.demo.accounts import ANTI_EMPLOYEES_BELOW, HARBOR_EMPLOYEES, MISSING
from dagster_project.demo.cross_sell import AFFINITY
from dagster_project.demo.deals import BASE_WIN_RATE, ODDS_RATIO
from dagster_project.demo.event_files import ACCEPTED_SUM
from dagster_project.demo.plan import Plan
from dagster_project.demo.vocabulary import HARBOR_INDUSTRIES, PAINS

#: table of the plan -> (entity, key columns)
DEFECT_TABLES = {
    "accounts": ("crm.accounts", ("account_id",)),
    "deals": ("crm.opportunities", ("opportunity_id",)),
    "opportunity_accounts": ("crm.opportunity_accounts", ("opportunity_id", "account_id")),
    "contacts": ("crm.contacts", ("contact_id",)),
    "tickets": ("support.tickets", ("ticket_id",)),
    "comments": ("support.ticket_comments", ("comment_id",)),
    "subscriptions": ("billing.subscriptions", ("subscription_id",)),
    "items": ("billing.subscription_items", ("subscription_item_id",)),
    "invoices": ("billing.invoices", ("invoice_id",)),
    "spend": ("marketing.spend", ("spend_date", "channel", "campaign_id", "category")),
    "workspaces": ("product.workspaces", ("workspace_id",)),
    "users": ("product.users", ("user_id",)),
    "surveys": ("feedback.survey_responses", ("response_id",)),
}
#: kind, or kind and entity -> the rule that `rejected_rows` should name. What is not listed is
#: right, or cannot be linked to an account, and is kept.
EXPECTED_RULE: dict[str | tuple[str, str], str] = {
    "duplicate_key": "duplicate key",
    "deleted_at_source": "deleted at the source",
    "merged": "merged into another record",
    "future_date": "created_at is in the future",
    ("future_date", "product.events"): "occurred_at is in the future",
    ("missing_required", "crm.accounts"): "account_id is missing or unreadable",
    ("missing_required", "crm.opportunities"): "stage is missing or unreadable",
    ("orphan_account", "crm.opportunities"): "no such account",
    "orphan_customer": "no such customer",
    "orphan_subscription": "no such subscription",
    "item_of_rejected_subscription": "no such subscription",
    "item_of_orphan_subscription": "of a rejected subscription (no such customer)",
    ("end_before_start", "crm.opportunities"): "closed_at is before created_at",
    ("end_before_start", "support.tickets"): "solved_at is before created_at",
    ("end_before_start", "billing.subscriptions"): "ended_at is before started_at",
    "negative_amount": "amount is negative",
    ("negative_amount", "billing.subscription_items"): "unit_amount is negative",
    ("currency_without_rate", "crm.opportunities"): "currency without rate",
    "usage_before_account": "usage before the account existed",
    "duplicate_event": "duplicate event",
    "too_late_event": "received after the late-arrival window",
    ("internal_user", "product.events"): "internal user",
    "truncated_file": "not valid JSON",
    "unparsable_number": "not an integer",
}
#: a field is cleared and the row stays
CLEARED = {"currency_without_rate", "unparsable_number"}
#: event kinds of which the key says how many, by product and month; the rest is clean usage
EVENT_DEFECTS = (
    "late_event", "too_late_event", "duplicate_event", "usage_before_account",
    "orphan_workspace", "future_date", "internal_user",
)  # fmt: skip


@dataclass(frozen=True)
class EventCounts:
    """Events by (kind, product, month of occurrence)."""

    counts: Counter[tuple[str, str, str]]

    @classmethod
    def of(cls, rows: list[dict[str, Any]]) -> "EventCounts":
        """Read what `rows` gave."""
        return cls(Counter({(r["kind"], r["product_id"], r["month"]): r["count"] for r in rows}))

    def plus(self, newer: "EventCounts") -> "EventCounts":
        """Add the events of newer days."""
        return EventCounts(self.counts + newer.counts)

    def rows(self) -> list[dict[str, Any]]:
        """Give one JSON row per kind, product and month."""
        return [
            {"kind": kind, "product_id": product, "month": month, "count": count}
            for (kind, product, month), count in sorted(self.counts.items())
        ]

    def row_count(self) -> int:
        """Give the number of event rows, of every kind."""
        return sum(count for (kind, _, _), count in self.counts.items() if kind != ACCEPTED_SUM)

    def in_month(self, month: str, *kinds: str) -> dict[str, int]:
        """Give the counts of some kinds in a month, by product."""
        found: Counter[str] = Counter()
        for (kind, product, when), count in self.counts.items():
            if when == month and kind in kinds:
                found[product] += count
        return dict(sorted(found.items()))


def write_answer_key(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    plan: Plan,
    last_day: date,
    events: EventCounts,
    damaged: list[dict[str, Any]] | None,
) -> dict[str, Any]:
    """Write the key as of a day and give it. Damaged files are kept from the key before."""
    if damaged is None:
        old = json.loads(path.read_text(encoding="utf-8"))["defects"]
        damaged = [row for row in old if "file" in row]
    month = truth.last_complete_month(last_day)
    key = {
        "parameters": plan.as_dict(),
        "as_of_date": last_day.isoformat(),
        "planted": _planted(connection),
        "defects": [
            *_row_defects(connection),
            *_event_defects(events),
            *(_described(row) for row in damaged),
        ],
        "money": truth.money(connection, last_day),
        "deals": truth.deals(connection, last_day),
        "events": {
            "month": month.isoformat(),
            "accepted_in_month": events.in_month(month.isoformat()[:7], "clean", "late_event"),
            "accepted_event_count_in_month": events.in_month(month.isoformat()[:7], ACCEPTED_SUM),
            "by_kind_product_month": events.rows(),
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(key, indent=1), encoding="utf-8")
    return key


def _described(row: dict[str, Any]) -> dict[str, Any]:
    kind, entity = str(row["kind"]), str(row["entity"])
    rule = EXPECTED_RULE.get((kind, entity), EXPECTED_RULE.get(kind))
    return {**row, "expected_rule": rule, "is_kept": rule is None or kind in CLEARED}


def _row_defects(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    found = []
    for table, (entity, keys) in DEFECT_TABLES.items():
        key = " || '|' || ".join(f"coalesce({column}::varchar, '')" for column in keys)
        query = f"""
            select coalesce(defect, mark), count(*), list({key} order by row_no)
            from {table}
            where coalesce(defect, mark) is not null and visible_at < getvariable('now')
            group by 1 order by 1
        """
        for kind, count, rows in connection.execute(query).fetchall():
            row = {"kind": kind, "entity": entity, "count": count, "keys": rows}
            found.append(_described(row))
    return found


def _event_defects(events: EventCounts) -> list[dict[str, Any]]:
    total: Counter[str] = Counter()
    for (kind, _, _), count in events.counts.items():
        total[kind] += count
    return [
        # millions of keys help nobody: events are known by their counts
        _described({"kind": kind, "entity": "product.events", "count": total[kind], "keys": None})
        for kind in EVENT_DEFECTS
    ]


def _planted(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    query = """
        select count(*), avg(inside_harbor::integer), avg(inside_ledger::integer),
            avg(is_anti::integer)
        from accounts where defect is null and visible_at < getvariable('now')
    """
    row = connection.execute(query).fetchone()
    count, harbor, ledger, anti = row if row else (0, None, None, None)
    return {
        "accounts": count,
        "base_win_rate": BASE_WIN_RATE,
        "missing_share": MISSING,
        "icps": _icps(harbor, ledger),
        "anti_icp": {
            "industry": ["marketing_agency"],
            "employees_below": ANTI_EMPLOYEES_BELOW,
            "share_of_accounts": anti,
            "effect": "wins as usual; five times the tickets and over four times the churn",
        },
        "cross_sell": [
            {"owned": owned, "target": target, "chance_when_offered": chance}
            for (owned, target), chance in AFFINITY.items()
        ],
        "pains": {product: list(pains) for product, pains in PAINS.items()},
    }


def _icps(harbor: float | None, ledger: float | None) -> dict[str, Any]:
    """Give the planted ICP of each product; None for the one that has none."""
    return {
        "harbor": {
            "kind": "conjunction",
            "odds_ratio": ODDS_RATIO["harbor"],
            "share_of_accounts": harbor,
            "all_of": {
                "industry": list(HARBOR_INDUSTRIES),
                "employees": list(HARBOR_EMPLOYEES),
                "technology": ["RouteWise TMS"],
            },
            "decoys": ["Cargolane WMS", "founded_year"],
        },
        "ledger": {
            "kind": "additive",
            "odds_ratio": ODDS_RATIO["ledger"],
            "share_of_accounts": ledger,
            "at_least_two_of": {
                "business_model": ["subscription"],
                "growth_stage": ["scale_up"],
                "technology": ["Tallyhook Payments"],
            },
            "decoys": ["Pennyroyal Books", "industry software"],
        },
        "beacon": None,
    }
