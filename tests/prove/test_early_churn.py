"""Early churn by contract and by silence, against a count of days in plain Python."""

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from conftest import AS_OF, World

pytestmark = pytest.mark.prove

DAYS, SILENCE = 90, 30
RECORDED_FROM = date(2029, 3, 1)
MONTHS = {date(2030, 4, 1): date(2030, 4, 30), date(2030, 6, 1): AS_OF}


def _days(dice: random.Random, started: date) -> list[date]:
    """Draw days of use within the first days and somewhat after, with gaps of any length."""
    day, days = started, []
    while day < started + timedelta(days=120):
        day += timedelta(days=dice.choice((1, 2, 3, 5, 8, 12, 12, 20, 29, 30, 31)))
        days.append(day)
    return [day for day in days if RECORDED_FROM <= day <= AS_OF]


def _rows(seed: int) -> dict[str, list[dict]]:
    dice = random.Random(seed)
    rows: dict[str, list[dict]] = defaultdict(list)
    first = {"event_id": "first", "account_key": "nobody", "event_name": "atlas_opened"}
    first |= {"occurred_at": f"{RECORDED_FROM} 08:00:00", "product_id": "atlas", "event_count": 1}
    rows["product.events"].append(first)
    for number in range(80):
        key, started = f"{number:02d}", date(2028, 12, 1) + timedelta(days=dice.randint(0, 570))
        rows["crm.accounts"].append({"account_id": f"A{key}"})
        rows["billing.customers"].append(
            {"billing_customer_id": f"B{key}", "crm_account_id": f"A{key}"}
        )
        rows["product.workspaces"].append({"workspace_id": f"W{key}", "crm_account_id": f"A{key}"})
        subscription = {"subscription_id": f"S{key}", "billing_customer_id": f"B{key}"}
        rows["billing.subscriptions"].append(
            subscription | {"product_id": "atlas", "started_at": started}
        )
        left = dice.choice((None, started + timedelta(days=dice.choice((20, 89, 90, 91, 200)))))
        renewed = dice.choice((None, left)) if left else None
        for index, (start, end) in enumerate([(started, left), (renewed, None)]):
            if start:
                rows["billing.subscription_items"].append(
                    {"subscription_item_id": f"I{key}-{index}", "subscription_id": f"S{key}"}
                    | {"unit_amount": 120.0, "valid_from": start, "valid_to": end}
                    | {"billing_interval": dice.choice(("month", "year"))}
                )
        if dice.random() < 0.3:
            pause = started + timedelta(days=dice.choice((10, 90, 95)))
            until = pause + timedelta(days=10)
            for status, start, end in (
                ("active", started, pause),
                ("paused", pause, until),
                ("active", until, None),
            ):
                rows["billing.subscription_status_history"].append(
                    {"subscription_id": f"S{key}", "status": status}
                    | {"valid_from": start, "valid_to": end}
                )
        for index, day in enumerate(_days(dice, started) if dice.random() < 0.9 else ()):
            event = {"event_id": f"E{key}-{index}", "account_key": f"W{key}"}
            event |= {"event_name": "atlas_opened", "occurred_at": f"{day} 10:00:00"}
            rows["product.events"].append(event | {"product_id": "atlas", "event_count": 1})
    return rows


def _earns(rows: dict[str, list[dict]], key: str, day: date) -> bool:
    for status in rows["billing.subscription_status_history"]:
        covers = status["valid_from"] <= day < (status["valid_to"] or date.max)
        if status["subscription_id"] == f"S{key}" and covers and status["status"] == "paused":
            return False
    return any(
        item["subscription_id"] == f"S{key}"
        and item["valid_from"] <= day < (item["valid_to"] or date.max)
        for item in rows["billing.subscription_items"]
    )


def _is_silent(rows: dict[str, list[dict]], key: str, started: date) -> bool:
    """Say whether `SILENCE` of the first days in a row are days without use."""
    used = {
        date.fromisoformat(row["occurred_at"][:10])
        for row in rows["product.events"]
        if row["account_key"] == f"W{key}"
    }
    silent = 0
    for step in range(DAYS):
        silent = 0 if started + timedelta(days=step) in used else silent + 1
        if silent == SILENCE:
            return True
    return False


def _expected(rows: dict[str, list[dict]], month_end: date) -> dict[str, tuple[int, int]]:
    found: dict[str, list[bool]] = defaultdict(list)
    for item in rows["billing.subscription_items"]:
        key, started = item["subscription_item_id"][1:3], item["valid_from"]
        if not item["subscription_item_id"].endswith("-0"):
            continue
        over = started + timedelta(days=DAYS)
        # immature customers are not counted; nor are those of more than a year ago
        if over > month_end or over.replace(year=over.year + 1) <= month_end:
            continue
        left = any(not _earns(rows, key, started + timedelta(days=step)) for step in range(DAYS))
        stratum = "monthly" if item["billing_interval"] == "month" else "longer"
        found["contractual_90d"].append(left)
        found[f"contractual_90d_{stratum}_terms"].append(left)
        if started >= RECORDED_FROM:
            found["engagement_90d_silent_30d"].append(_is_silent(rows, key, started))
    return {name: (sum(values), len(values)) for name, values in found.items()}


def test_early_churn_equals_a_count_of_days(make_world: Callable[..., World]) -> None:
    rows = _rows(seed=11)
    world = make_world(rows)
    world.build("+int_kpi_early_churn")
    for month, month_end in MONTHS.items():
        found = world.query(
            "select metric_definition, numerator, n from intermediate.int_kpi_early_churn"
            " where scope = 'portfolio' and segment_scheme = 'all'"
            f" and period_month = '{month}'"
        )
        expected = _expected(rows, month_end)
        assert {name: (churned, n) for name, churned, n in found} == expected
        assert 0 < expected["contractual_90d"][0] < expected["contractual_90d"][1]
        silent, watched = expected["engagement_90d_silent_30d"]
        assert 0 < silent < watched
    # T12: with immature customers in the denominator the rate is too low
    [(naive,)] = world.query(
        "select avg(has_left) from intermediate.int_early_churn where scope = 'portfolio'"
    )
    [(mature,)] = world.query(
        "select avg(has_left) from intermediate.int_early_churn where scope = 'portfolio'"
        f" and matured_on <= date '{AS_OF}'"
    )
    assert naive < mature
