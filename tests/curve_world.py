"""A world of deals and customers for curves and funnels, and the counting by hand they follow.

Products: `comet` has the ten deals of METRICS G21, `dune` the patients of G19, `atlas` and `beacon`
are random, with ties. The counting goes through people one by one and shares nothing with the SQL.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from kpi_world import LAST, Rows, random_kpi_rows, starts

#: (days, ended by the event); the others were last seen on that day.
FREIREICH = [
    *((day, True) for day in (6, 6, 6, 7, 10, 13, 16, 22, 23)),
    *((day, False) for day in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)),
]
FREIREICH_SURVIVAL = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378}
FREIREICH_SURVIVAL |= {23: 0.4482}
WINDOW_START = date(2028, 7, 1)
PRODUCTS = [
    {
        "product_id": name,
        "product_name": name.title(),
        "value_event": f"{name}_report_shared",
        "clock_start": "contract_start",
    }
    for name in ("atlas", "beacon", "comet", "dune")
]


@dataclass(frozen=True)
class Followed:
    """One deal or customer: days from its start, and what ended it (event, competing, censored)."""

    day: int
    ended_by: str
    segment: str


@dataclass(frozen=True)
class Point:
    """A curve on one day."""

    at_risk: int
    events: int
    competing: int
    censored: int
    survival: float
    incidence: float
    competing_incidence: float


def curve_rows(seed: int = 11) -> Rows:
    """Give the world's rows."""
    rows = random_kpi_rows(accounts=60, seed=seed)
    seen = {"event_id": "first", "account_key": "nobody", "event_name": "page_seen"}
    seen |= {"occurred_at": "2029-03-01 10:00:00", "product_id": "atlas", "event_count": 1}
    rows["product.events"].append(seen)
    rows["crm.opportunities"] += [_golden_deal(day) for day in range(1, 11)]
    rows["crm.opportunities"] += _awkward_deals()
    rows["crm.opportunities"] += [_young_deal(number) for number in range(40)]
    rows["crm.opportunity_accounts"] = [
        {"opportunity_id": "shared", "account_id": f"A{number}", "is_primary": number == 1}
        for number in range(4)
    ]
    for number, (days, ended) in enumerate(FREIREICH):
        _golden_customer(rows, number, days, ended)
    return rows


def _golden_deal(day: int) -> dict[str, Any]:
    created = date(2030, 1, 10) + timedelta(days=day)
    return {
        "opportunity_id": f"G{day}",
        "product_id": "comet",
        "opportunity_type": "new",
        "stage": "closed",
        "is_closed": True,
        "is_won": day in (1, 3, 5),
        "created_at": created,
        "close_date": created + timedelta(days=day),
        "amount": 100.0,
    }


def _young_deal(number: int) -> dict[str, Any]:
    deal = {"opportunity_id": f"Y{number}", "account_id": f"A{number}", "product_id": "beacon"}
    deal |= {"opportunity_type": "new", "stage": "intro", "is_closed": False, "is_won": False}
    return deal | {"created_at": date(2030, 6, 10) + timedelta(days=number % 20)}


def _awkward_deals() -> list[dict[str, Any]]:
    won = {"product_id": "beacon", "opportunity_type": "new", "stage": "won", "is_closed": True}
    won |= {"is_won": True, "created_at": date(2030, 2, 1), "amount": 100.0}
    return [
        won | {"opportunity_id": "shared", "account_id": "A0", "close_date": date(2030, 2, 9)},
        won
        | {"opportunity_id": "merged", "account_id": "A2", "close_date": date(2030, 2, 9)}
        | {"merged_into_id": "shared"},
        won | {"opportunity_id": "backwards", "close_date": date(2029, 2, 1)},
        # closed on the day after the as-of date: still open on it
        won | {"opportunity_id": "tomorrow", "close_date": date(2030, 7, 1)},
    ]


def _golden_customer(rows: Rows, number: int, days: int, ended: bool) -> None:
    started = date(2030, 2, 1) if ended else LAST - timedelta(days=days)
    name = f"D{number}"
    rows["crm.accounts"].append({"account_id": name, "industry": "retail"})
    rows["billing.customers"].append({"billing_customer_id": name, "crm_account_id": name})
    key = {"subscription_id": name}
    rows["billing.subscriptions"].append(
        key | {"billing_customer_id": name, "product_id": "dune", "started_at": started}
    )
    rows["billing.subscription_items"].append(
        key
        | {"subscription_item_id": name, "unit_amount": 10.0, "billing_interval": "month"}
        | {"valid_from": started, "valid_to": started + timedelta(days=days) if ended else None}
    )


def counted_deals(rows: Rows) -> list[dict[str, Any]]:
    """Give the new deals that count: not merged away, not closed before they were created."""
    return [
        deal
        for deal in rows["crm.opportunities"]
        if deal["opportunity_type"] == "new"
        and "merged_into_id" not in deal
        and not (deal["is_closed"] and deal["close_date"] < deal["created_at"])
    ]


def followed_deals(rows: Rows, product: str | None = None, end: date = LAST) -> list[Followed]:
    """Follow every new deal that was created in the window, as known on `end`."""
    industries = {row["account_id"]: row["industry"] for row in rows["crm.accounts"]}
    primary = {"shared": "A1"}
    found = []
    for deal in counted_deals(rows):
        if product not in (None, deal["product_id"]):
            continue
        if not WINDOW_START <= deal["created_at"] <= end:
            continue
        account = primary.get(deal["opportunity_id"], deal.get("account_id"))
        over = deal["is_closed"] and deal["close_date"] <= end
        ended_by = ("event" if deal["is_won"] else "competing") if over else "censored"
        days = ((deal["close_date"] if over else end) - deal["created_at"]).days
        found.append(Followed(days, ended_by, industries.get(account) or "unknown"))
    return found


def followed_values(rows: Rows) -> list[Followed]:
    """Follow every customer of a product with value events, from its start to first value."""
    random = {**rows, "billing.subscription_items": _items_of(rows, "I")}
    found = []
    for start, value, left in starts(random):
        if value and value <= LAST:
            found.append(Followed((value - start).days, "event", ""))
        elif left:
            found.append(Followed((left - start).days, "competing", ""))
        else:
            found.append(Followed((LAST - start).days, "censored", ""))
    return found


def followed_payers(rows: Rows, prefix: str) -> list[Followed]:
    """Follow the customers whose item ids begin with `prefix` from first payment to departure."""
    found = []
    for item in _items_of(rows, prefix):
        left = item["valid_to"] if item["valid_to"] and item["valid_to"] <= LAST else None
        days = ((left or LAST) - item["valid_from"]).days
        found.append(Followed(days, "event" if left else "censored", ""))
    return found


def _items_of(rows: Rows, prefix: str) -> list[dict[str, Any]]:
    items = rows["billing.subscription_items"]
    return [item for item in items if item["subscription_item_id"].startswith(prefix)]


def curve_by_hand(people: list[Followed], horizon: int = 365) -> dict[int, Point]:
    """Count Kaplan-Meier and Aalen-Johansen day by day."""
    ended = Counter((one.day, one.ended_by) for one in people)
    at_risk, survival, incidence, competing_incidence = len(people), 1.0, 0.0, 0.0
    curve = {}
    for day in sorted({one.day for one in people}):
        counts = [ended[day, kind] for kind in ("event", "competing", "censored")]
        events, competing, censored = counts
        incidence += survival * events / at_risk
        competing_incidence += survival * competing / at_risk
        survival *= (at_risk - events - competing) / at_risk
        if day <= horizon:
            curve[day] = Point(at_risk, *counts, survival, incidence, competing_incidence)
        at_risk -= events + competing + censored
    return curve
