"""Usage by hand at every boundary: days, months and active days against counting the events."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

import pytest
from conftest import World

pytestmark = pytest.mark.prove

#: Source and key of a workspace -> its account, and the day from which either exists.
WORKSPACES = {
    ("sample", "w1"): ("a1", date(2030, 6, 5)),
    ("sample", "w2"): ("a1", date(2030, 1, 1)),  # the account's own day
    ("sample", "w3"): ("a2", date(2030, 1, 1)),
    ("sample", "w4"): ("a4", None),
    ("other", "w1"): ("a3", date(2030, 1, 1)),
    ("other", "w5"): ("a1", date(2030, 1, 1)),
    ("sample", "w9"): (None, None),
}


class Event(NamedTuple):
    """One event; value and activity are recorded by their own names."""

    source: str
    key: str
    user: str | None
    product: str
    name: str
    feature: str | None
    day: date


EVENTS = [
    Event("sample", "w2", "u1", "atlas", "shared", "reports", date(2030, 5, 3)),  # 29 days back
    Event("sample", "w2", "u1", "atlas", "opened", "reports", date(2030, 5, 4)),
    Event("sample", "w2", "u1", "atlas", "shared", "alerts", date(2030, 5, 25)),
    Event("sample", "w2", "u2", "atlas", "shared", "reports", date(2030, 5, 31)),
    Event("sample", "w2", "u1", "atlas", "shared", "reports", date(2030, 6, 1)),
    Event("sample", "w2", "u1", "atlas", "shared", "alerts", date(2030, 6, 1)),
    Event("sample", "w2", "u1", "atlas", "opened", None, date(2030, 6, 1)),
    Event("sample", "w2", "u2", "atlas", "opened", "alerts", date(2030, 6, 1)),
    Event("sample", "w2", "u2", "atlas", "closed", "alerts", date(2030, 6, 1)),
    Event("sample", "w2", "u1", "beacon", "opened", None, date(2030, 6, 1)),  # one day of u1's
    Event("other", "w5", "u1", "atlas", "opened", None, date(2030, 6, 1)),  # another u1
    Event("sample", "w2", "u2", "atlas", "opened", None, date(2030, 6, 20)),
    Event("sample", "w2", "u1", "atlas", "opened", None, date(2030, 6, 25)),  # after the as-of date
    Event("sample", "w1", "u3", "atlas", "opened", None, date(2030, 6, 4)),  # no workspace yet
    Event("sample", "w1", "u3", "atlas", "opened", None, date(2030, 6, 5)),
    Event("other", "w1", "u1", "atlas", "opened", None, date(2030, 6, 4)),
    Event("sample", "w3", None, "atlas", "shared", "exports", date(2030, 6, 2)),  # a job
    Event("sample", "w4", "u1", "atlas", "closed", None, date(2030, 6, 2)),
    Event("sample", "w9", "u1", "atlas", "opened", None, date(2030, 6, 2)),  # nobody's key
]
AS_OF = date(2030, 6, 20)


@pytest.fixture(scope="module")
def world(make_world: Callable[..., World]) -> World:
    accounts = [{"account_id": name, "created_at": "2030-01-01"} for name in ("a1", "a2", "a3")] + [
        {"account_id": "a4", "created_at": None}
    ]
    made = make_world(
        {
            "crm.accounts": accounts,
            "product.workspaces": [
                {
                    "_source": source,
                    "workspace_id": key,
                    "crm_account_id": account,
                    "product_id": "atlas",
                    "created_at": "2030-06-05" if (source, key) == ("sample", "w1") else None,
                }
                for (source, key), (account, _) in WORKSPACES.items()
            ],
            "product.events": [
                {
                    "_source": event.source,
                    "event_id": f"e{number}",
                    "account_key": event.key,
                    "user_id": event.user,
                    "product_id": event.product,
                    "event_name": {
                        "shared": f"{event.product}_report_shared",
                        "opened": f"{event.product}_opened",
                    }.get(event.name, event.name),
                    "feature": event.feature,
                    "occurred_at": f"{event.day} 10:00:00",
                }
                for number, event in enumerate(EVENTS)
            ],
        }
    )
    made.as_of_date = AS_OF
    made.build("+fct_usage_days", "+int_usage_account_months", "+int_usage_key_days")
    return made


def _counted() -> list[tuple[str | None, Event]]:
    found = []
    for event in EVENTS:
        account, exists_from = WORKSPACES[event.source, event.key]
        if exists_from is None or event.day >= exists_from:
            found.append((account, event))
    return found


def test_a_day_counts_its_users_events_and_features(world: World) -> None:
    days = defaultdict(list)
    for account, event in _counted():
        days[account, event.product, event.day].append(event)
    expected = {
        key: (
            len({event.user for event in events} - {None}),
            len(events),
            len({event.feature for event in events} - {None}),
            sum(event.name == "shared" for event in events),
            sum(event.name == "opened" for event in events),
        )
        for key, events in days.items()
    }
    found = world.query(
        "select account_id, product_id, usage_date, active_user_count, event_count,"
        " feature_count, value_event_count, active_event_count from marts.fct_usage_days"
    )
    assert len(found) == len(expected)
    assert {row[:3]: row[3:] for row in found} == expected


def test_a_month_counts_the_days_of_its_window(world: World) -> None:
    ends = {date(2030, 5, 1): date(2030, 5, 31), date(2030, 6, 1): AS_OF}
    users = defaultdict(set)
    for account, event in _counted():
        for month, end in ends.items():
            if account is None or not end - timedelta(days=28) < event.day <= end:
                continue
            for product in (event.product, None):
                users[product, account, month, end].add((event.source, event.user, event.day))
    expected = {
        key: (
            len({(source, user) for source, user, _ in seen if user}),
            len([user for _, user, _ in seen if user]),
        )
        for key, seen in users.items()
    }
    found = world.query(
        "select scope, product_id, account_id, period_month, measured_on, active_user_count,"
        " user_day_count from intermediate.int_usage_account_months"
    )
    assert len(found) == len(expected)
    assert {row[1:5]: row[5:] for row in found} == expected
    assert {(row[0], row[1] is None) for row in found} == {("portfolio", True), ("product", False)}


def test_a_day_is_active_where_the_core_was_used(world: World) -> None:
    expected = defaultdict(int)
    for event in EVENTS:
        if event.name == "opened":
            expected[event.source, event.key, event.product, event.day] += 1
    found = world.query(
        "select source_system, account_key, product_id, usage_date, active_event_count"
        " from intermediate.int_usage_key_days where active_event_count > 0"
    )
    assert len(found) == len(expected)
    assert {row[:4]: row[4] for row in found} == expected
