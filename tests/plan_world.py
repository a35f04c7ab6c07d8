"""Plans over a random world, and the textbook's arithmetic of who could use a feature.

Atlas declares plans, beacon does not. Contracts get plans, declared or not; some customers get a
second contract of the same product on another plan, and use what theirs may not include.
"""

import random
from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from customer_arithmetic import paid_from
from customer_world import FEATURES, LAST, Rows

WITH_PLANS = "atlas"
#: A plan includes it and nobody uses it.
UNUSED = "audits"
#: (plan, features, first day, first day not); the measured day is the last of one and first of one
CONTENTS = (
    ("basic", ("reports",), None, LAST),
    ("basic", ("alerts",), LAST, None),
    ("pro", ("alerts", "reports", UNUSED), None, LAST + timedelta(days=1)),
    ("pro", ("alerts", "reports", "exports"), LAST + timedelta(days=1), None),
    ("gone", ("reports", "alerts"), date(2029, 1, 1), LAST),
    ("guest", (), None, None),
)
#: As contracts spell them: gold was never declared, gone is over.
SPELLINGS = ("basic", " Basic", "BASIC", "PRO", "pro ", "pro", "gone", "gold", "guest", None)


def put_on_plans(rows: Rows, seed: int) -> Rows:
    """Give every contract a plan, and some customers a second contract and more use of atlas."""
    dice = random.Random(seed)
    contracts, items = rows["billing.subscriptions"], rows["billing.subscription_items"]
    item_of = {item["subscription_id"]: item for item in items}
    for contract in list(contracts):
        contract["plan"] = dice.choice(SPELLINGS)
        if contract["product_id"] == WITH_PLANS and dice.random() < 0.4:
            key = {"subscription_id": f"{contract['subscription_id']}-2"}
            item = item_of[contract["subscription_id"]]
            contracts.append(contract | key | {"plan": dice.choice(SPELLINGS)})
            items.append(item | key | {"subscription_item_id": f"{item['subscription_item_id']}-2"})
            number = contract["billing_customer_id"][1:]
            rows["product.events"] += [
                {"event_id": f"E{number}-{feature}", "account_key": f"W{number}"}
                | {"user_id": f"U{number}-1", "event_name": "page_seen"}
                | {"product_id": WITH_PLANS, "feature": feature}
                | {"occurred_at": f"{LAST - timedelta(days=2)} 10:00:00", "event_count": 3}
                for feature in FEATURES
                if dice.random() < 0.5
            ]
    return rows


def plan_feature_rows() -> list[dict[str, Any]]:
    """Give the rows of icp_registry.plan_features that say what CONTENTS says."""
    return [
        {"product_id": WITH_PLANS, "plan": plan, "feature": feature}
        | {"valid_from": first, "valid_to": end}
        for plan, features, first, end in CONTENTS
        for feature in features or (None,)
    ]


def could_use(rows: Rows, day: date, product: str) -> dict[str, set[str] | None]:
    """Give, for each paying account, the features it could use; None if its plans say nothing.

    A product without plans gives everybody everything: the feature `*`.
    """
    plans: dict[str, set[str | None]] = defaultdict(set)
    items = {item["subscription_id"]: item for item in rows["billing.subscription_items"]}
    for contract in rows["billing.subscriptions"]:
        first = paid_from(contract, items[contract["subscription_id"]])
        is_over = contract["ended_at"] is not None and contract["ended_at"] <= day
        if contract["product_id"] == product and first and first <= day and not is_over:
            name = contract["plan"]
            plans["A" + contract["billing_customer_id"][1:]].add(name and name.strip().lower())
    if product != WITH_PLANS:
        return {account: {"*"} for account in plans}
    today = {
        plan: set(features)
        for plan, features, first, end in CONTENTS
        if (first is None or first <= day) and (end is None or day < end)
    }
    return {
        account: set().union(*(today[name] for name in names & today.keys()))
        if names & today.keys()
        else None
        for account, names in plans.items()
    }
