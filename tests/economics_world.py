"""Worlds for what a customer costs and is worth: one worked by hand, and random ones.

In the hand-made one spend is 300,000 in the first quarter and 100,000 in the second, ten and thirty
customers are won, and selling takes a quarter (METRICS 3.6).
"""

import random
from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from revenue_world import Billing, random_billing

Rows = dict[str, list[dict[str, Any]]]
CATEGORIES = ("media", "programmes", "tools", "people", "commission", "overhead")
CYCLE_DAYS = 91
HAND_PARAMETERS = [
    {"parameter": "win_rate_window_months", "value_number": 3.0},
    {"parameter": "min_n", "value_number": 5.0},
    {"parameter": "kpi_months", "value_number": 2.0},
]


def hand_made_rows() -> Rows:
    """Make software and retail customers, and accounts without an industry that never buy."""
    rows: Rows = defaultdict(list)
    for month, category, amount in (
        (1, "media", 100_000.0),
        (2, "programmes", 100_000.0),
        (3, "tools", 100_000.0),
        (4, "media", 40_000.0),
        (5, "programmes", 30_000.0),
        (6, "tools", 30_000.0),
    ):
        spend = {"spend_date": date(2030, month, 10), "category": category, "amount": amount}
        rows["marketing.spend"].append(spend | {"channel": "ads"})
    for number in range(40):
        first_quarter = number < 10
        industry = "retail" if number % 4 == 0 else "software"
        closed = date(2030, 2, 15) if first_quarter else date(2030, 5, 15)
        left = date(2030, 5, 10) if number == 1 else None
        _account(rows, f"W{number}", industry)
        _deal(rows, f"W{number}", closed, is_won=True)
        _customer(rows, f"W{number}", closed + timedelta(days=5), left)
    for number in range(36):
        industry = None if number < 6 else "retail" if number < 31 else "software"
        _account(rows, f"L{number}", industry)
        _deal(rows, f"L{number}", date(2030, 6, 20), is_won=False)
    return rows


def _account(rows: Rows, account: str, industry: str | None) -> None:
    rows["crm.accounts"].append({"account_id": account, "industry": industry})


def _deal(rows: Rows, account: str, closed: date, *, is_won: bool) -> None:
    rows["crm.opportunities"].append(
        {
            "opportunity_id": f"O-{account}",
            "account_id": account,
            "product_id": "atlas",
            "opportunity_type": "new",
            "stage": "won" if is_won else "lost",
            "is_closed": True,
            "is_won": is_won,
            "created_at": closed - timedelta(days=CYCLE_DAYS),
            "close_date": closed,
            "lead_source": "ads",
        }
    )


def _customer(rows: Rows, account: str, started: date, left: date | None) -> None:
    key = {"subscription_id": f"S-{account}"}
    rows["billing.customers"].append(
        {"billing_customer_id": f"B-{account}", "crm_account_id": account}
    )
    rows["billing.subscriptions"].append(
        key | {"billing_customer_id": f"B-{account}", "product_id": "atlas", "started_at": started}
    )
    rows["billing.subscription_items"].append(
        key
        | {"subscription_item_id": f"I-{account}", "unit_amount": 500.0}
        | {"billing_interval": "month", "valid_from": started, "valid_to": left}
    )


def random_economics(customers: int, seed: int) -> Billing:
    """Add deals of every type, spend with and without targets, and tickets to a billing world."""
    world = random_billing(customers, seed)
    # here an account keeps its industry: that segments are dated is proved with the revenue
    world.rows["crm.account_history"].clear()
    dice = random.Random(seed + 1)
    accounts = [row["account_id"] for row in world.rows["crm.accounts"]]
    world.rows["marketing.campaigns"].append(
        {"campaign_id": "C1", "channel": "ads", "target_segment_scheme": "industry"}
        | {"target_segment": "retail"}
    )
    for number in range(5 * customers):
        world.rows["crm.opportunities"].append(_random_deal(dice, number, accounts))
    for month in range(18):
        day = date(2029 + month // 12, month % 12 + 1, dice.randint(1, 28))
        for category in CATEGORIES:
            if dice.random() < 0.8:
                world.rows["marketing.spend"].append(
                    {"spend_date": day, "channel": dice.choice(("ads", "fair"))}
                    | {"campaign_id": dice.choice((None, None, "C1")), "category": category}
                    | {"product_id": dice.choice((None, None, "atlas", "beacon"))}
                    | {"amount": round(dice.uniform(10, 2000), 2)}
                )
    for account in accounts:
        world.rows["support.organizations"].append(
            {"organization_id": f"G-{account}", "crm_account_id": account}
        )
        for index in range(dice.randint(0, 4)):
            _random_ticket(world.rows, dice, account, f"T-{account}-{index}")
    return world


def _random_deal(dice: random.Random, number: int, accounts: list[str]) -> dict[str, Any]:
    created = date(2028, 6, 1) + timedelta(days=dice.randint(0, 740))
    closed = created + timedelta(days=dice.choice((3, 20, 45, 80, 140, 400)))
    state = dice.choice(("won", "won", "lost", "lost", "open"))
    if closed > date(2030, 6, 30):
        state = "open"
    return {
        "opportunity_id": f"O{number}",
        "account_id": dice.choice((*accounts, None)),
        "product_id": dice.choice(("atlas", "beacon", None)),
        "opportunity_type": dice.choice(("new", "new", "new", "renewal", "expansion")),
        "stage": state,
        "is_closed": state != "open",
        "is_won": state == "won",
        "created_at": created,
        "close_date": closed,
        "lead_source": dice.choice(("ads", "fair", "referral")),
    }


def _random_ticket(rows: Rows, dice: random.Random, account: str, key: str) -> None:
    opened = date(2029, 1, 1) + timedelta(days=dice.randint(0, 540))
    minutes = dice.choice((None, None, float(dice.randint(1, 90))))
    rows["support.tickets"].append(
        {"ticket_id": key, "organization_id": f"G-{account}", "created_at": f"{opened} 09:00:00"}
        | {"handle_minutes": minutes}
    )
    for index in range(dice.randint(0, 3)):
        rows["support.ticket_comments"].append(
            {"comment_id": f"{key}-{index}", "ticket_id": key, "author_role_at_time": "agent"}
            | {"is_public": True, "created_at": f"{opened} 1{index}:00:00"}
        )
