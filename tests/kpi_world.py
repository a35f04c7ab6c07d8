"""A random world of deals, customers and first values, and the arithmetic that KPIs should follow.

The arithmetic is the textbook's, step by step; it shares nothing with the models.
"""

import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from math import ceil, floor, sqrt
from typing import Any

import numpy as np

Rows = dict[str, list[dict[str, Any]]]
LAST = date(2030, 6, 30)
CATEGORIES = ("media", "programmes", "tools", "people", "commission", "overhead")
Z = 1.959963984540054
MONTHS = [date(2030, month, 1) for month in (4, 5, 6)]
MONTH_ENDS = {date(2030, 4, 1): date(2030, 4, 30), date(2030, 5, 1): date(2030, 5, 31)} | {
    date(2030, 6, 1): LAST
}


def random_kpi_rows(accounts: int, seed: int) -> Rows:
    """Give deals of every state, spend with and without a target, starts, values, departures."""
    dice = random.Random(seed)
    rows: Rows = {name: [] for name in _ENTITIES}
    for number in range(accounts):
        industry = dice.choice(("software", "retail", None))
        rows["crm.accounts"].append({"account_id": f"A{number}", "industry": industry})
        _customer(rows, dice, number)
    for number in range(4 * accounts):
        rows["crm.opportunities"].append(_deal(dice, number, accounts))
    rows["marketing.campaigns"].append(
        {"campaign_id": "C1", "channel": "ads", "target_segment_scheme": "industry"}
        | {"target_segment": "retail"}
    )
    for month in range(1, 7):
        for category in CATEGORIES:
            spend = {"spend_date": date(2030, month, 15), "channel": "ads", "category": category}
            spend |= {"campaign_id": dice.choice((None, "C1")), "amount": 100.0 * month}
            rows["marketing.spend"].append(spend | {"product_id": dice.choice((None, "atlas"))})
    return rows


_ENTITIES = (
    "crm.accounts",
    "crm.opportunities",
    "marketing.campaigns",
    "marketing.spend",
    "billing.customers",
    "billing.subscriptions",
    "billing.subscription_items",
    "product.workspaces",
    "product.events",
)


def _deal(dice: random.Random, number: int, accounts: int) -> dict[str, Any]:
    created = date(2029, 1, 1) + timedelta(days=dice.randint(0, 500))
    closed = created + timedelta(days=dice.randint(1, 60))
    state = dice.choice(("won", "lost", "lost", "open")) if closed <= LAST else "open"
    account = None if dice.random() < 0.1 else f"A{dice.randrange(accounts)}"
    return {
        "opportunity_id": f"O{number}",
        "account_id": account,
        "product_id": dice.choice(("atlas", "beacon", None)),
        "opportunity_type": dice.choice(("new", "new", "new", "renewal")),
        "stage": state,
        "is_closed": state != "open",
        "is_won": state == "won",
        "created_at": created,
        "close_date": closed,
        "lead_source": dice.choice(("ads", "referral")),
        "amount": 100.0,
    }


def _customer(rows: Rows, dice: random.Random, number: int) -> None:
    started = date(2029, 3, 1) + timedelta(days=dice.randint(0, 480))
    left = dice.choice((None, None, started + timedelta(days=dice.randint(5, 200))))
    key = {"subscription_id": f"S{number}"}
    rows["billing.customers"].append(
        {"billing_customer_id": f"B{number}", "crm_account_id": f"A{number}"}
    )
    rows["billing.subscriptions"].append(
        key | {"billing_customer_id": f"B{number}", "product_id": "atlas", "started_at": started}
    )
    rows["billing.subscription_items"].append(
        key
        | {"subscription_item_id": f"I{number}", "unit_amount": 10.0, "billing_interval": "month"}
        | {"valid_from": started, "valid_to": left}
    )
    rows["product.workspaces"].append(
        {"workspace_id": f"W{number}", "crm_account_id": f"A{number}"}
    )
    day = started + timedelta(days=dice.choice((0, 3, 10, 10, 30, 60, 90, 91, 150, 300)))
    if day <= LAST and dice.random() < 0.8:
        event = {"event_id": f"E{number}", "account_key": f"W{number}", "product_id": "atlas"}
        event |= {"event_name": "atlas_report_shared", "occurred_at": f"{day} 10:00:00"}
        rows["product.events"].append(event | {"event_count": 1})


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Give the 95% Wilson score interval."""
    share = successes / trials
    centre = (share + Z * Z / (2 * trials)) / (1 + Z * Z / trials)
    half = Z / (1 + Z * Z / trials) * sqrt(share * (1 - share) / trials + (Z / (2 * trials)) ** 2)
    return centre - half, centre + half


def median_with_bounds(values: list[int]) -> tuple[float, float | None, float | None]:
    """Give the median and the order statistics that bound it."""
    ordered, n = sorted(values), len(values)
    middle = (ordered[floor((n + 1) / 2) - 1] + ordered[ceil((n + 1) / 2) - 1]) / 2
    rank = floor(n / 2 - Z * sqrt(n) / 2 + 0.5)
    if rank < 1:
        return middle, None, None
    return middle, ordered[rank - 1], ordered[n - rank]


def upper_quarter_with_bounds(values: list[int]) -> tuple[float, float | None, float | None]:
    """Give the 75th percentile, linear between ranks, and the order statistics that bound it."""
    ordered, n = sorted(values), len(values)
    value = float(np.quantile(ordered, 0.75))
    reach = Z * sqrt(n * 0.75 * 0.25)
    low, high = floor(n * 0.75 - reach + 0.5), ceil(n * 0.75 + reach + 0.5)
    if low < 1 or high > n:
        return value, None, None
    return value, ordered[low - 1], ordered[high - 1]


def starts(rows: Rows) -> list[tuple[date, date | None, date | None]]:
    """Give (start, first value, departure) of every customer; value after departure is none."""
    values = {
        row["account_key"]: date.fromisoformat(row["occurred_at"][:10]) for row in _events(rows)
    }
    found = []
    for item in rows["billing.subscription_items"]:
        value = values.get("W" + item["subscription_id"][1:])
        left = item["valid_to"] if item["valid_to"] and item["valid_to"] <= LAST else None
        if value and left and value > left:
            value = None
        found.append((item["valid_from"], value, left))
    return found


def _events(rows: Rows) -> Iterable[dict[str, Any]]:
    return rows["product.events"]


def closed_deals(rows: Rows, month: date) -> list[dict[str, Any]]:
    """Give the new deals closed in the twelve months that end with `month`."""
    first = date(month.year - 1, month.month + 1, 1)
    return [
        deal
        for deal in rows["crm.opportunities"]
        if deal["is_closed"]
        and deal["opportunity_type"] == "new"
        and first <= deal["close_date"] <= MONTH_ENDS[month]
    ]


def closed_by_cell(
    rows: Rows, scheme: str, product: str | None
) -> dict[tuple[str, date], list[dict[str, Any]]]:
    """Give the deals closed in the window, by segment and month."""
    industries = {row["account_id"]: row["industry"] for row in rows["crm.accounts"]}
    cells = defaultdict(list)
    for month in MONTHS:
        for deal in closed_deals(rows, month):
            if product in (None, deal["product_id"]):
                industry = industries.get(deal["account_id"]) or "unknown"
                cells["all" if scheme == "all" else industry, month].append(deal)
    return cells


def prior_strength(cells: list[tuple[float, float, float]]) -> tuple[float | None, float]:
    """Give alpha + beta by the method of moments, none without excess variance; and the pool."""
    total = sum(n for _, n, _ in cells)
    pooled = sum(s for s, _, _ in cells) / total
    chance = pooled * (1 - pooled)
    spread = sum(n * (s / n - pooled) ** 2 for s, n, _ in cells)
    excess = spread - chance * (len(cells) - 1)
    weight = total - sum(n * n for _, n, _ in cells) / total - (len(cells) - 1)
    if len(cells) < 2 or excess <= 0 or weight <= 0:
        return None, pooled
    # alpha + beta = 1 / rho - 1, with rho the share of the variance that is between segments
    return max(chance * weight / excess - 1, 0.0), pooled
