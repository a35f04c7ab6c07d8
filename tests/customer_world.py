"""A random world of paying, trying, asking and answering customers, without any arithmetic."""

import random
from datetime import date, datetime, time, timedelta
from typing import Any

Rows = dict[str, list[dict[str, Any]]]
LAST = date(2030, 6, 30)
MONTH_ENDS = {
    date(2030, 4, 1): date(2030, 4, 30),
    date(2030, 5, 1): date(2030, 5, 31),
    date(2030, 6, 1): LAST,
}
PRODUCTS = ("atlas", "beacon")
_ENTITIES = (
    "crm.accounts",
    "billing.customers",
    "billing.subscriptions",
    "billing.subscription_items",
    "support.organizations",
    "support.tickets",
    "support.ticket_comments",
    "feedback.survey_responses",
    "product.workspaces",
    "product.users",
    "product.events",
)
FEATURES = ("alerts", "reports", "exports")


def random_customer_rows(accounts: int, seed: int) -> Rows:
    """Give accounts with contracts or trials, tickets with comments, and answers to surveys."""
    dice = random.Random(seed)
    rows: Rows = {name: [] for name in _ENTITIES}
    for number in range(accounts):
        industry = dice.choice(("software", "retail", None))
        rows["crm.accounts"].append({"account_id": f"A{number}", "industry": industry})
        rows["billing.customers"].append(
            {"billing_customer_id": f"B{number}", "crm_account_id": f"A{number}"}
        )
        rows["support.organizations"].append(
            {"organization_id": f"G{number}", "crm_account_id": f"A{number}"}
        )
        rows["product.workspaces"].append(
            {"workspace_id": f"W{number}", "crm_account_id": f"A{number}"}
        )
        for product in PRODUCTS:
            if dice.random() < 0.7:
                _contract(rows, dice, number, product)
    for number in range(6 * accounts):
        _ticket(rows, dice, number, accounts)
        _answer(rows, dice, number, accounts)
    for number in range(60 * accounts):
        _event(rows, dice, number, accounts)
    for number in range(accounts):
        rows["product.users"].append(
            {"user_id": f"U{number}-0", "is_internal": number % 7 == 0, "role": "member"}
        )
    return rows


def _day(dice: random.Random, first: date, last: date) -> date:
    return first + timedelta(days=dice.randint(0, (last - first).days))


def _moment(day: date, minute: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(minutes=minute)


def _contract(rows: Rows, dice: random.Random, number: int, product: str) -> None:
    started = _day(dice, date(2029, 2, 1), LAST)
    key = {"subscription_id": f"S{number}{product}"}
    kind = dice.choice(("paid", "paid", "converted", "failed", "late"))
    trial_end = None if kind == "paid" else started + timedelta(days=14)
    ended = trial_end if kind == "failed" else None
    if ended is None and dice.random() < 0.3:
        ended = started + timedelta(days=dice.randint(30, 200))
    rows["billing.subscriptions"].append(
        key
        | {"billing_customer_id": f"B{number}", "product_id": product, "started_at": started}
        | {"is_trial": kind == "failed", "status": "active", "trial_end": trial_end}
        | {"ended_at": ended}
    )
    # a late payer pays long after the trial: that is a new decision, not a conversion
    paid = started + timedelta(days=14 + 60) if kind == "late" else started
    rows["billing.subscription_items"].append(
        key
        | {"subscription_item_id": f"I{number}{product}", "billing_interval": "month"}
        | {"unit_amount": 10.0 * dice.randint(1, 400), "valid_from": paid, "valid_to": None}
    )


def _ticket(rows: Rows, dice: random.Random, number: int, accounts: int) -> None:
    created = _moment(_day(dice, date(2030, 2, 1), LAST), dice.randrange(1440))
    solved = created + timedelta(minutes=dice.randint(60, 40 * 1440))
    known = _moment(LAST, 1439)
    rows["support.tickets"].append(
        {
            "ticket_id": f"T{number}",
            "organization_id": f"G{dice.randrange(accounts)}",
            "product_id": dice.choice((*PRODUCTS, None)),
            "created_at": created,
            "solved_at": solved if solved < known and dice.random() < 0.8 else None,
            "satisfaction_score": dice.choice((None, None, 1, 2, 3, 4, 5)),
            "merged_into_id": "T0" if number and dice.random() < 0.05 else None,
        }
    )
    authors = [("end_user", True, False), ("bot", True, True), ("agent", False, False)]
    if dice.random() < 0.8:
        authors.append(("agent", True, False))
    for step, (role, is_public, is_bot) in enumerate(authors):
        waited = dice.choice((1, 30, 100, 300, 479, 480, 481, 900, 30_000))
        rows["support.ticket_comments"].append(
            {
                "comment_id": f"C{number}-{step}",
                "ticket_id": f"T{number}",
                "author_role_at_time": role,
                "is_public": is_public,
                "is_bot": is_bot,
                "created_at": created + timedelta(minutes=waited if role == "agent" else step),
            }
        )


def _answer(rows: Rows, dice: random.Random, number: int, accounts: int) -> None:
    kind = dice.choice(("nps", "nps", "csat", "feedback"))
    score = {"nps": dice.randint(0, 10), "csat": dice.randint(1, 5)}.get(kind)
    who = dice.randrange(accounts)
    day = _day(dice, date(2029, 12, 1), LAST)
    rows["feedback.survey_responses"].append(
        {
            "response_id": f"R{number}",
            "crm_account_id": f"A{who}" if dice.random() < 0.9 else None,
            "contact_id": dice.choice((None, f"P{who}a", f"P{who}b")),
            "survey_type": kind,
            "score": score,
            "product_id": dice.choice((*PRODUCTS, None)),
            "submitted_at": _moment(day, 720 + number % 60),
        }
    )


def _event(rows: Rows, dice: random.Random, number: int, accounts: int) -> None:
    who = dice.randrange(accounts)
    product = dice.choice(PRODUCTS)
    # half of the accounts stop using the product after a while
    last = LAST if who % 2 else date(2030, 4, 10)
    day = (
        _day(dice, date(2029, 2, 1), last)
        if dice.random() < 0.5
        else _day(dice, date(2030, 3, 1), last)
    )
    rows["product.events"].append(
        {
            "event_id": f"E{number}",
            "account_key": f"W{who}",
            "user_id": dice.choice((None, f"U{who}-0", f"U{who}-1", f"U{who}-2")),
            "event_name": dice.choice((f"{product}_report_shared", "page_seen", "page_seen")),
            "feature": dice.choice((None, *FEATURES)),
            "product_id": product,
            "occurred_at": f"{day} 10:00:00",
            "event_count": dice.choice((1, 1, 1, 2)),
        }
    )
