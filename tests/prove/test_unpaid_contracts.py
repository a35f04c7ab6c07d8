"""Contracts that run on while nobody pays: the curves and the waterfall tell the same story."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from conftest import World

# all models below the curves: half a minute of dbt
pytestmark = pytest.mark.prove

STARTED = date(2030, 1, 10)
PRODUCT = {"product_id": "atlas", "product_name": "Atlas", "value_event": "shared"}
MODELS = ("int_event_members", "int_kpi_trial_to_paid", "fct_mrr_movements")
#: Per customer the statuses from their days on; every contract is open.
STATUSES = {
    "stays": [("active", STARTED)],
    "unpaid": [("active", STARTED), ("unpaid", date(2030, 4, 10))],
    "paused": [
        ("active", STARTED),
        ("paused", date(2030, 3, 20)),
        ("active", date(2030, 5, 20)),
    ],
    "owes": [("active", STARTED), ("past_due", date(2030, 2, 10)), ("active", date(2030, 2, 20))],
    "no_card": [("trialing", STARTED), ("paused", date(2030, 1, 24))],
}
#: The days on which the one that pauses and the one that is unpaid for good leave; two do not.
LEFT = [date(2030, 3, 20), date(2030, 4, 10)]
ENDED = [*((STARTED, day) for day in LEFT), (STARTED, None), (STARTED, None)]


def _rows() -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {
        "product.events": [
            {"event_id": f"e{name}", "account_key": f"W{name}", "product_id": "atlas"}
            | {"event_name": "shared", "event_count": 1, "occurred_at": f"{day} 10:00:00"}
            # the others never share anything
            for name, day in (("nobody", "2030-01-01"), ("stays", "2030-06-01"))
        ]
    }
    for name, statuses in STATUSES.items():
        key = {"subscription_id": f"S{name}"}
        trial_end = date(2030, 1, 24) if name == "no_card" else None
        made = {
            "crm.accounts": [{"account_id": name}],
            "product.workspaces": [{"workspace_id": f"W{name}", "crm_account_id": name}],
            "billing.customers": [{"billing_customer_id": f"B{name}", "crm_account_id": name}],
            "billing.subscriptions": [
                key
                | {"billing_customer_id": f"B{name}", "product_id": "atlas", "is_trial": False}
                | {"started_at": STARTED, "status": statuses[-1][0], "trial_end": trial_end}
            ],
            "billing.subscription_items": [
                key
                | {"subscription_item_id": f"I{name}", "unit_amount": 100.0}
                | {"billing_interval": "month", "valid_from": STARTED}
            ],
            "billing.subscription_status_history": [
                key | {"status": status, "valid_from": since} for status, since in statuses
            ],
        }
        for table, more in made.items():
            rows.setdefault(table, []).extend(more)
    return rows


@pytest.fixture(scope="module")
def world(make_world: Callable[..., World]) -> World:
    made = make_world(_rows(), {"products": [PRODUCT]})
    made.build(*(f"+{model}" for model in MODELS))
    return made


def _ended(world: World, event: str, column: str) -> list[tuple]:
    return world.query(
        f"select started_on, {column} from intermediate.int_event_members"
        f" where event = '{event}' and scope = 'portfolio' and segment_scheme = 'all'"
        f" order by {column} nulls last"
    )


def test_departures_of_the_curve_are_churns_of_the_waterfall(world: World) -> None:
    assert _ended(world, "churn", "happened_on") == ENDED
    months = world.query(
        "select period_month from marts.fct_mrr_movements where movement = 'churn' order by 1"
    )
    assert months == [(day.replace(day=1),) for day in LEFT]
    # the naive curve reads the dates of contracts, which are all open
    naive = "select count(*) from intermediate.int_subscription_items where paid_to is not null"
    assert world.query(naive) == [(0,)]


def test_who_stops_paying_before_value_competes(world: World) -> None:
    assert _ended(world, "time_to_value", "competed_on") == ENDED


def test_a_trial_that_is_paused_at_its_end_was_never_paid(world: World) -> None:
    found = world.query(
        "select value, n from intermediate.int_kpi_trial_to_paid where scope = 'portfolio'"
        " and segment_scheme = 'all' and period_month = '2030-06-01'"
    )
    assert found == [(0, 1)]
    naive = "select count(*) from intermediate.int_subscription_items where customer_id = {}"
    assert world.query(naive.format("'no_card'")) == [(1,)]
