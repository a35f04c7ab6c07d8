"""A random billing world and, from the same rows, its revenue by brute force in plain Python.

The oracle asks of every item on every month's last day whether it is paid; it shares no code and
no method with the models.
"""

import random
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Rows = dict[str, list[dict[str, Any]]]
Mrr = dict[tuple[str, str], dict[date, Decimal]]  # (customer, product) -> month -> amount

FIRST, LAST = date(2028, 1, 1), date(2030, 6, 30)
RATES = {"USD": 1.0, "EUR": 1.25, "GBP": 1.5}
FACTORS = {"month": 1.0, "quarter": 1 / 3, "year": 1 / 12, "week": 52 / 12}
INDUSTRIES = ("software", "retail", None)
PAST_DUE_DAYS = 60


@dataclass
class Billing:
    """The rows of one world, by entity."""

    rows: Rows = field(default_factory=lambda: defaultdict(list))

    def segment(self, customer: str, month: date) -> str:
        """Give the industry that a customer's account had at a month's end, or `unknown`."""
        account = next(a for a in self.rows["crm.accounts"] if a["account_id"] == customer)
        known = [
            row["value"]
            for row in self.rows["crm.account_history"]
            if row["account_id"] == customer and row["changed_at"] <= _month_end(month)
        ]
        return (known[-1] if known else account["industry"]) or "unknown"


def random_billing(customers: int, seed: int) -> Billing:
    """Make customers with overlapping, renewed, paused, trialled, discounted subscriptions."""
    dice = random.Random(seed)
    world = Billing()
    for currency, rate in RATES.items():
        if currency != "USD":
            quote = {"from_currency": currency, "to_currency": "USD"}
            for day, factor in (("2028-01-01", 0.8), ("2029-07-15", 1.0)):
                quoted = quote | {"rate_date": day, "rate": rate * factor}
                world.rows["finance.fx_rates"].append(quoted)
    changes = random.Random(seed + 1)
    for number in range(customers):
        account, billed = f"A{number:03d}", f"B{number:03d}"
        world.rows["crm.accounts"].append(
            {"account_id": account, "name": f"Firm {number}", "industry": dice.choice(INDUSTRIES)}
        )
        world.rows["billing.customers"].append(
            {"billing_customer_id": billed, "crm_account_id": account}
        )
        if changes.random() < 0.4:
            _change_of_industry(world, changes, account)
        for index in range(dice.randint(1, 3)):
            _subscription(world, dice, billed, f"S{number:03d}-{index}")
    return world


def _change_of_industry(world: Billing, dice: random.Random, account: str) -> None:
    before, after = dice.sample(("software", "retail"), k=2)
    changed = _day(dice, date(2029, 1, 1), date(2030, 4, 1))
    for value, day in ((before, date(2027, 1, 1)), (after, changed)):
        row = {"account_id": account, "field": "industry", "value": value, "changed_at": day}
        world.rows["crm.account_history"].append(row)
    world.rows["crm.accounts"][-1]["industry"] = after


def _month_end(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])


def _day(dice: random.Random, first: date, last: date) -> date:
    return first + timedelta(days=dice.randint(0, max((last - first).days, 0)))


def _subscription(world: Billing, dice: random.Random, billed: str, key: str) -> None:
    started = _day(dice, FIRST, date(2030, 5, 1))
    ended = dice.choice([None, None, _day(dice, started, LAST + timedelta(days=90))])
    trial_days = dice.choice([0, 0, 0, 14, 40])
    row = {"subscription_id": key, "billing_customer_id": billed, "status": "active"}
    row |= {"product_id": dice.choice(("atlas", "Beacon")), "started_at": started}
    row |= {"currency": dice.choice(list(RATES)), "ended_at": ended}
    if trial_days:
        row |= {"trial_start": started, "trial_end": started + timedelta(days=trial_days)}
    world.rows["billing.subscriptions"].append(row)
    bounds = sorted(_day(dice, started, LAST) for _ in range(dice.randint(0, 2)))
    edges = [started, *bounds, None]
    for index in range(len(edges) - 1):
        item = {"subscription_item_id": f"{key}-{index}", "subscription_id": key}
        item |= {"valid_from": edges[index], "valid_to": edges[index + 1]}
        item |= {"quantity": dice.randint(1, 9), "unit_amount": 48.0 * dice.randint(1, 20)}
        item |= {"billing_interval": dice.choice(list(FACTORS))}
        item |= {"interval_count": dice.choice([None, 1, 2])}
        item |= {"discount_percent": dice.choice([None, 10.0, 25.0])}
        item |= {"discount_amount": dice.choice([None, 5.0])}
        item |= {"is_recurring": dice.random() > 0.1, "is_usage_based": dice.random() < 0.1}
        world.rows["billing.subscription_items"].append(item)
    if dice.random() < 0.5:
        _statuses(world, dice, key, started)


def _statuses(world: Billing, dice: random.Random, key: str, started: date) -> None:
    states = ["active", "paused", "past_due", "unpaid", "active", "canceled"]
    day, chosen = started, ["active", *dice.choices(states, k=3)]
    for index, status in enumerate(chosen):
        until = None if index == len(chosen) - 1 else day + timedelta(days=dice.randint(20, 250))
        world.rows["billing.subscription_status_history"].append(
            {"subscription_id": key, "status": status, "valid_from": day, "valid_to": until}
        )
        day = until or day


def month_ends() -> Iterator[tuple[date, date]]:
    """Give every month as (first day, last day) from the first to the as-of month."""
    year, month = FIRST.year, FIRST.month
    while date(year, month, 1) <= LAST:
        yield date(year, month, 1), date(year, month, monthrange(year, month)[1])
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def brute_force_mrr(world: Billing) -> Mrr:
    """Sum, month by month, what every item earns on the last day."""
    mrr: Mrr = defaultdict(dict)
    for key, item, parent, months in paid_items(world):
        for month in months:
            mrr[key][month] = mrr[key].get(month, Decimal(0)) + _amount(item, parent)
    return {key: months for key, months in mrr.items() if months}


def brute_force_fx(world: Billing) -> tuple[Mrr, Mrr]:
    """Give, per customer and product, MRR at each month's own rate, and what its rate changed.

    The change of a month is that of each item paid the month before, whatever became of it since.
    """
    mrr: Mrr = defaultdict(dict)
    change: Mrr = defaultdict(dict)
    spine = [month for month, _ in month_ends()]
    for key, item, parent, months in paid_items(world):
        rates = {day: month_rate(world, parent["currency"], last) for day, last in month_ends()}
        for month in months:
            now = _amount(item, parent, rates[month])
            mrr[key][month] = mrr[key].get(month, Decimal(0)) + now
            if month != spine[-1]:
                after = spine[spine.index(month) + 1]
                moved = _amount(item, parent, rates[after]) - now
                change[key][after] = change[key].get(after, Decimal(0)) + moved
    return mrr, change


def month_rate(world: Billing, currency: str, last_day: date) -> float:
    """Look up the last quote of a currency up to a day, or its first one ever."""
    if currency == "USD":
        return 1.0
    quotes = sorted(
        (str(row["rate_date"]), row["rate"])
        for row in world.rows["finance.fx_rates"]
        if row["from_currency"] == currency
    )
    known = [rate for day, rate in quotes if day <= last_day.isoformat()]
    return known[-1] if known else quotes[0][1]


def paid_items(world: Billing) -> Iterator[tuple[tuple[str, str], dict, dict, list[date]]]:
    """Give each item with its customer and product, its subscription and the months it earns in."""
    customers = {
        row["billing_customer_id"]: row["crm_account_id"] for row in world.rows["billing.customers"]
    }
    subscriptions = {row["subscription_id"]: row for row in world.rows["billing.subscriptions"]}
    statuses = defaultdict(list)
    for row in world.rows["billing.subscription_status_history"]:
        statuses[row["subscription_id"]].append(row)
    for item in world.rows["billing.subscription_items"]:
        parent = subscriptions[item["subscription_id"]]
        if _is_zero_length(parent["started_at"], parent["ended_at"]) or not _earns(item):
            continue
        paid = [
            month
            for month, day in month_ends()
            if _is_paid(item, parent, statuses[item["subscription_id"]], day)
        ]
        key = customers[parent["billing_customer_id"]], parent["product_id"].lower()
        yield key, item, parent, paid


def _is_zero_length(start: date, end: date | None) -> bool:
    return end is not None and end <= start


def _earns(item: dict[str, Any]) -> bool:
    zero_length = _is_zero_length(item["valid_from"], item["valid_to"])
    return item["is_recurring"] and not item["is_usage_based"] and not zero_length


def _is_paid(item: dict, parent: dict, statuses: list[dict], day: date) -> bool:
    starts = [item["valid_from"], parent["started_at"], parent.get("trial_end") or date.min]
    ends = [item["valid_to"] or date.max, parent["ended_at"] or date.max]
    if not max(starts) <= day < min(ends):
        return False
    for status in statuses:
        if status["valid_from"] <= day < (status["valid_to"] or date.max):
            overdue = (day - status["valid_from"]).days
            return (
                status["status"] == "active"
                or (status["status"] == "past_due" and overdue < PAST_DUE_DAYS)
                or (status is statuses[-1] and _runs_on(statuses, parent["ended_at"]))
            )
    return True


def _runs_on(statuses: list[dict], ended: date | None) -> bool:
    """Say whether a customer cancelled while it paid, and so has paid until the service ends."""
    last_two = [status["status"] for status in statuses[-2:]]
    return ended is not None and last_two == ["active", "canceled"]


def _amount(item: dict, parent: dict, rate: float | None = None) -> Decimal:
    """Give what an item is a month, at today's rate of its currency or at the one given."""
    gross = item["quantity"] * item["unit_amount"] * (1 - (item["discount_percent"] or 0) / 100)
    interval = (gross - (item["discount_amount"] or 0)) * FACTORS[item["billing_interval"]]
    monthly = interval / (item["interval_count"] or 1)
    monthly *= RATES[parent["currency"]] if rate is None else rate
    return Decimal(repr(round(monthly, 6))).quantize(Decimal("0.01"), ROUND_HALF_UP)


def by_customer(mrr: Mrr) -> dict[str, dict[date, Decimal]]:
    """Add up the products of each customer."""
    totals: dict[str, dict[date, Decimal]] = defaultdict(dict)
    for (customer, _), months in mrr.items():
        for month, amount in months.items():
            totals[customer][month] = totals[customer].get(month, Decimal(0)) + amount
    return totals


def movement_of(opening: Decimal, moved: Decimal, closing: Decimal, seen: bool) -> str:
    """Name the movement of a month; `seen` says whether the customer paid before."""
    if moved == 0:
        return "none"
    if opening == 0:
        return "reactivation" if seen else "new"
    if closing == 0:
        return "churn"
    return "expansion" if moved > 0 else "contraction"


def brute_force_movements(paid: dict[date, Decimal]) -> list[tuple[date, Decimal, str, Decimal]]:
    """Tell the story of one payer: (month, opening, movement, closing) from its first month."""
    story, opening, seen = [], Decimal(0), False
    for month, _ in month_ends():
        closing = paid.get(month, Decimal(0))
        if not seen and closing == 0:
            continue
        story.append(
            (month, opening, movement_of(opening, closing - opening, closing, seen), closing)
        )
        opening, seen = closing, True
    return story
