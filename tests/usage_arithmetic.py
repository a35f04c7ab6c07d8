"""The textbook's arithmetic of usage, on raw events; no SQL is shared.

Events of the company's own people do not count; those without a user make an account active only.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from customer_arithmetic import mrr_at, paid_from, tickets
from customer_world import MONTH_ENDS, Rows

Row = dict[str, Any]
TRACKED_FROM = date(2029, 2, 1)


def events(rows: Rows, product: str | None = None) -> Iterator[Row]:
    """Give the events that count, with their account and day."""
    internal = {row["user_id"] for row in rows["product.users"] if row["is_internal"]}
    for row in rows["product.events"]:
        if row["user_id"] not in internal and product in (None, row["product_id"]):
            day = date.fromisoformat(row["occurred_at"][:10])
            yield row | {"account": "A" + row["account_key"][1:], "day": day}


def in_window(rows: Rows, end: date, product: str | None = None) -> dict[str, list[Row]]:
    """Give each account's events of the 28 days up to a day."""
    found = defaultdict(list)
    for event in events(rows, product):
        if end - timedelta(days=28) < event["day"] <= end:
            found[event["account"]].append(event)
    return found


def contract_starts(rows: Rows, product: str | None = None) -> dict[str, list[tuple]]:
    """Give (first paid day, end) of every contract that was paid, by account."""
    items = {row["subscription_id"]: row for row in rows["billing.subscription_items"]}
    found = defaultdict(list)
    for contract in rows["billing.subscriptions"]:
        first = paid_from(contract, items[contract["subscription_id"]])
        if first and product in (None, contract["product_id"]):
            account = "A" + contract["billing_customer_id"][1:]
            found[account].append((first, contract["ended_at"]))
    return found


def stickiness(seen: list[Row]) -> float | None:
    """Give users of an average day over users of the window; none without a user."""
    users = {event["user_id"] for event in seen if event["user_id"]}
    days = {(event["user_id"], event["day"]) for event in seen if event["user_id"]}
    return len(days) / 28 / len(users) if users else None


def seat_load(rows: Rows, month: date, product: str | None) -> tuple[int, int, int, int]:
    """Give tickets of paying customers with active users, those users, customers; all tickets."""
    end = MONTH_ENDS[month]
    seen, seats = in_window(rows, end, product), {}
    for account in mrr_at(rows, end, product):
        users = {event["user_id"] for event in seen[account] if event["user_id"]}
        if users:
            seats[account] = len(users)
    asked = [
        ticket["account"]
        for ticket in tickets(rows)
        if month <= ticket["created_at"].date() <= end and product in (None, ticket["product_id"])
    ]
    return sum(account in seats for account in asked), sum(seats.values()), len(seats), len(asked)


def departure(contracts: list[tuple], end: date) -> date | None:
    """Give the first day on which no contract continued what ended, if it came by `end`."""
    covered = None
    for first, last in sorted(contracts, key=lambda terms: terms[0]):
        if covered is not None and covered < first:
            return covered if covered <= end else None
        last = last or date.max
        covered = last if covered is None else max(covered, last)
    return covered if covered is not None and covered <= end else None


def activations(rows: Rows, month: date, product: str) -> list[bool]:
    """Say of each starter whose 30 days were over in the year whether it was activated."""
    value = defaultdict(set)
    for event in events(rows, product):
        if event["event_name"] == f"{product}_report_shared":
            value[event["account"]].add(event["day"])
    outcomes = []
    for account, contracts in contract_starts(rows, product).items():
        start = min(first for first, _ in contracts)
        over = start + timedelta(days=30)
        if date(month.year - 1, month.month + 1, 1) <= over <= MONTH_ENDS[month]:
            left = departure(contracts, date(2030, 6, 30))
            last = min(over, left) if left and left >= start else over
            outcomes.append(sum(day <= last for day in value[account]) >= 2)
    return outcomes


def adopters(rows: Rows, end: date, product: str, feature: str) -> set[str]:
    """Give the accounts that used a feature three times in the 28 days."""
    uses: dict[str, int] = defaultdict(int)
    for account, seen in in_window(rows, end, product).items():
        for event in seen:
            uses[account] += event["event_count"] if event["feature"] == feature else 0
    return {account for account, count in uses.items() if count >= 3}
