"""Usage days: what counts, what is rejected, and that a range built again equals a full build."""

from datetime import date, timedelta

import pytest

# each case builds several days of a world with dbt
pytestmark = pytest.mark.prove

USER_DAYS = "+int_usage_user_days"
ALL_USAGE = ["+fct_usage_days", "+int_usage_rejected_rows"]
DAY_COLUMNS = (
    "account_id, product_id, cast(usage_date as varchar), active_user_count, event_count,"
    " feature_count, value_event_count, active_event_count"
)
ACCOUNTS = [
    {"account_id": "a1", "created_at": "2030-01-01"},
    {"account_id": "a2", "created_at": "2030-01-01"},
]
WORKSPACES = [
    {
        "workspace_id": "w1",
        "crm_account_id": "a1",
        "product_id": "Atlas",
        "created_at": "2030-02-01",
    },
    {"workspace_id": "w2", "crm_account_id": "a2", "product_id": "Atlas"},
]


def _event(event_id: str, day: str, key: str = "w1", user: str = "u1", **values: object):
    return {
        "event_id": event_id,
        "account_key": key,
        "user_id": user,
        "event_name": "atlas_report_shared",
        "feature": "reports",
        "occurred_at": f"{day} 10:00:00",
        **values,
    }


def _world(make_world, events, **entities):
    return make_world(
        {
            "crm.accounts": ACCOUNTS,
            "product.workspaces": WORKSPACES,
            "product.events": events,
            **entities,
        }
    )


def _days(world) -> list[tuple]:
    return world.query(f"select {DAY_COLUMNS} from marts.fct_usage_days order by all")


def _rejected(world) -> dict[str, int]:
    return dict(
        world.query(
            "select rule, cast(sum(row_count) as integer)"
            " from intermediate.int_usage_rejected_rows group by rule"
        )
    )


def test_an_event_belongs_to_the_month_in_which_it_happened(make_world):
    """METRICS T26: by the day of receipt, the last days of a month are use of the next one."""
    world = _world(
        make_world,
        [
            _event("on_time", "2030-05-31", received_at="2030-05-31 10:01:00"),
            _event("offline", "2030-05-31", received_at="2030-06-02 08:00:00"),
            _event("june", "2030-06-02", received_at="2030-06-02 10:01:00"),
        ],
    )
    naive = world.query(
        "select month(received_at), count(*) from raw_product.events group by 1 order by 1"
    )
    assert naive == [(5, 1), (6, 2)]
    world.build(*ALL_USAGE)
    found = world.query(
        "select month(usage_date), cast(sum(event_count) as integer) from marts.fct_usage_days"
        " group by 1 order by 1"
    )
    assert found == [(5, 2), (6, 1)]


def test_each_event_counts_once_and_rejects_are_counted(make_world):
    events = [
        _event("e1", "2030-05-01"),
        _event("e1", "2030-05-01", received_at="2030-05-03 09:00:00"),  # sent again
        _event("e2", "2030-05-01", user="u2", feature="alerts", event_name="atlas_opened"),
        _event("e3", "2030-05-01", user="u2", event_name="page_seen", event_count=5),
        _event("e4", "2030-05-01", product_id="Beacon"),  # not the event of that product
        _event("e5", "2030-05-01", key="unknown_key", product_id="zzz"),
        _event("e6", "2030-05-01", user="colleague"),
        _event("e7", "2030-05-01", user="robot"),
        _event("on_time", "2030-05-01", received_at="2030-05-08 23:00:00"),
        _event("late", "2030-05-01", received_at="2030-05-09 00:00:00"),
        _event("clock_ahead", "2030-05-02", received_at="2030-05-01 23:59:00"),
        _event("future", "2031-05-01", received_at="2030-05-01 23:59:00"),
        _event("early", "2030-01-15"),  # before the workspace was made
        _event("no_name", "2030-05-01", event_name=None),
        _event("dropped", "2030-05-01", is_deleted=True),
    ]
    users = [
        {"user_id": "colleague", "is_internal": True},
        {"user_id": "robot", "role": "Bot"},
        {"user_id": "u1", "is_internal": False},
    ]
    world = _world(make_world, events, **{"product.users": users})
    world.build(*ALL_USAGE, "+dim_accounts", tests=True)
    assert _days(world) == [
        ("a1", "atlas", "2030-05-01", 2, 8, 2, 2, 1),
        ("a1", "atlas", "2030-05-02", 1, 1, 1, 1, 0),
        ("a1", "beacon", "2030-05-01", 1, 1, 1, 0, 0),
        (None, "unknown", "2030-05-01", 1, 1, 1, 0, 0),
    ]
    assert _rejected(world) == {
        "duplicate event": 1,
        "internal user": 1,
        "bot user": 1,
        "received after the late-arrival window": 1,
        "occurred_at is in the future": 1,
        "usage before the account existed": 1,
        "event_name is missing or unreadable": 1,
        "deleted at the source": 1,
    }
    kept = sum(row[4] for row in _days(world))
    lost = sum(_rejected(world).values())
    assert kept + lost == len(events) + 4  # e3 stands for five


@pytest.fixture(scope="module")
def arriving_days() -> list[tuple[str, list[dict[str, object]]]]:
    """What each day brought: new events, late ones, repeated ones, one too late, a new key."""
    return [
        ("2030-05-01", [_event("e1", "2030-05-01"), _event("e2", "2030-04-30", key="w2")]),
        (
            "2030-05-02",
            [
                _event("e3", "2030-05-02"),
                _event("e4", "2030-05-01", user="u2", received_at="2030-05-02 08:00:00"),
                _event("e1", "2030-05-01", received_at="2030-05-02 08:00:00"),
            ],
        ),
        (
            "2030-05-12",
            [
                _event("e5", "2030-05-12", key="new_key"),
                _event("e6", "2030-05-01", received_at="2030-05-12 08:00:00"),
                _event("e7", "2030-05-05", received_at="2030-05-12 08:00:00"),
            ],
        ),
    ]


def _everything(world) -> dict[str, list[tuple]]:
    tables = (
        "int_usage_user_days",
        "int_usage_rejected_events",
        "int_usage_key_days",
        "int_usage_account_keys",
    )
    found = {
        name: world.query(f"select * from intermediate.{name} order by all") for name in tables
    }
    return {**found, "fct_usage_days": _days(world)}


def test_days_built_one_by_one_equal_a_full_build(make_world, arriving_days):
    step = _world(make_world, [])
    for day, events in arriving_days:
        step.add({"product.events": events})
        start = date.fromisoformat(day) - timedelta(days=8)
        step.build(*ALL_USAGE, usage_start=start.isoformat(), usage_end=day)
    whole = _world(make_world, [event for _, events in arriving_days for event in events])
    whole.build(*ALL_USAGE)
    assert _everything(step) == _everything(whole)
    assert _rejected(step) == {"duplicate event": 1, "received after the late-arrival window": 1}
    # a backfill in the middle changes nothing, and neither does a full refresh
    step.build(*ALL_USAGE, usage_start="2030-05-01", usage_end="2030-05-02")
    assert _everything(step) == _everything(whole)


def test_a_range_build_leaves_other_days_alone(make_world):
    world = _world(make_world, [_event("e1", "2030-05-01"), _event("e2", "2030-05-03")])
    world.build(USER_DAYS)
    world.execute("update intermediate.int_usage_user_days set event_count = 99")
    world.build(USER_DAYS, usage_start="2030-05-03", usage_end="2030-05-03")
    sql = "select event_count from intermediate.int_usage_user_days order by usage_date"
    assert world.query(sql) == [(99,), (1,)]


def test_first_days_of_a_range_build_equal_those_of_a_full_build(make_world):
    events = [
        _event("e1", "2030-05-01"),
        _event("e2", "2030-05-03"),
        _event("e3", "2030-05-02", key="w2"),
        _event("e4", "2030-05-02", key="typo"),
    ]
    world = _world(make_world, events)
    world.build("+int_usage_account_keys")
    # days sent again: one is gone, one is earlier, one key was never there
    world.execute("delete from raw_product.events where event_id in ('e1', 'e4')")
    world.add({"product.events": [_event("e5", "2030-04-30", key="w2")]})
    world.build("+int_usage_account_keys", usage_start="2030-04-30", usage_end="2030-05-02")
    sql = (
        "select account_key, product_id, cast(first_usage_date as varchar)"
        " from intermediate.int_usage_account_keys order by all"
    )
    expected = [("w1", "atlas", "2030-05-03"), ("w2", "atlas", "2030-04-30")]
    assert world.query(sql) == expected
    world.build("+int_usage_account_keys")
    assert world.query(sql) == expected


def test_a_merge_rewrites_all_days_of_its_accounts_and_no_others(make_world):
    events = [
        _event("e1", "2030-04-01"),
        _event("e2", "2030-04-01", key="w2"),
        _event("e3", "2030-05-01", key="stranger"),
        _event("e4", "2030-05-02", key="stranger"),
    ]
    world = _world(make_world, events)
    world.build("+fct_usage_days")
    untouched = "update marts.fct_usage_days set feature_count = 77 where account_id is null"
    world.execute(untouched)
    world.execute("update raw_crm.accounts set merged_into_id = 'a1' where account_id = 'a2'")
    one_day = {"usage_start": "2030-05-02", "usage_end": "2030-05-02"}
    # killed after the user days and the identity were built, before the usage days were
    world.build("+int_usage_changed_accounts", **one_day)
    world.build("+fct_usage_days", **one_day)
    assert _days(world) == [
        ("a1", "atlas", "2030-04-01", 1, 2, 1, 2, 0),
        (None, "unknown", "2030-05-01", 1, 1, 77, 0, 0),
        (None, "unknown", "2030-05-02", 1, 1, 1, 0, 0),
    ]
    # a link that somebody adds moves the days of a stranger, and early ones are rejected
    world.add(
        {
            "identity.account_links": [
                {"linked_system": "product", "linked_key": "stranger", "account_id": "a1"}
            ]
        }
    )
    world.execute("update raw_crm.accounts set created_at = '2030-05-02' where account_id = 'a1'")
    world.build("+fct_usage_days", **one_day)
    assert [row[:5] for row in _days(world)] == [
        ("a1", "atlas", "2030-04-01", 1, 1),
        ("a1", "unknown", "2030-05-02", 1, 1),
    ]


MONTHS = "int_usage_account_months"


def _months(world) -> list[tuple]:
    return world.query(
        "select scope, product_id, account_id, cast(period_month as varchar),"
        " cast(measured_on as varchar), active_user_count, user_day_count"
        f" from intermediate.{MONTHS} order by all"
    )


def test_active_users_and_days_are_distinct_in_the_28_days(make_world):
    events = [
        _event("e1", "2030-06-02"),  # a day before the window of June
        _event("e2", "2030-06-03"),
        _event("e3", "2030-06-03", feature="alerts"),  # the same user and day
        _event("e4", "2030-06-03", product_id="Beacon"),  # also in another product
        _event("e5", "2030-06-30", user="u2"),
        _event("e6", "2030-06-30", user="u1", product_id="Beacon"),
        _event("e7", "2030-06-10", user=None, key="w2"),  # a job, nobody
        _event("e8", "2030-06-10", key="stranger"),  # no account
        _event("e9", "2030-02-28"),  # all of February is in its window
        _event("e10", "2030-02-01"),
    ]
    world = _world(make_world, events)
    world.build(f"+{MONTHS}")
    assert _months(world) == [
        ("portfolio", None, "a1", "2030-02-01", "2030-02-28", 1, 2),
        ("portfolio", None, "a1", "2030-06-01", "2030-06-30", 2, 3),
        ("portfolio", None, "a2", "2030-06-01", "2030-06-30", 0, 0),
        ("product", "atlas", "a1", "2030-02-01", "2030-02-28", 1, 2),
        ("product", "atlas", "a1", "2030-06-01", "2030-06-30", 2, 2),
        ("product", "atlas", "a2", "2030-06-01", "2030-06-30", 0, 0),
        ("product", "beacon", "a1", "2030-06-01", "2030-06-30", 1, 2),
    ]


def test_months_built_day_by_day_equal_a_full_build(make_world):
    """T38 and T39: late events, a merge, a month that closes, and a return to an old date."""
    days = [
        ("2030-05-30", [_event("e1", "2030-05-30"), _event("e2", "2030-05-30", key="w2")]),
        ("2030-06-02", [_event("e3", "2030-05-31", received_at="2030-06-02 08:00:00")]),
        ("2030-06-20", [_event("e4", "2030-06-20", user="u2"), _event("e5", "2030-06-18")]),
    ]
    step = _world(make_world, [])
    for day, events in days:
        step.add({"product.events": events})
        step.as_of_date = date.fromisoformat(day)
        first = min(str(event["occurred_at"])[:10] for event in events)
        step.build("+fct_usage_days", usage_start=first, usage_end=day)
    merge = "update raw_crm.accounts set merged_into_id = 'a1' where account_id = 'a2'"
    step.execute(merge)
    # nothing new for weeks: the running month moves on, and the merged account's May is rewritten
    step.as_of_date = date(2030, 7, 1)
    step.build("+fct_usage_days", usage_start="2030-07-01", usage_end="2030-07-01")
    whole = _world(make_world, [event for _, events in days for event in events])
    whole.execute(merge)
    whole.as_of_date = step.as_of_date
    whole.build(f"+{MONTHS}")
    assert _months(step) == _months(whole)
    assert [row[2:] for row in _months(step) if row[0] == "portfolio"] == [
        ("a1", "2030-05-01", "2030-05-31", 1, 2),
        ("a1", "2030-06-01", "2030-06-30", 2, 2),
        # on its first day the running month looks back on 28 days, as every other does at its end
        ("a1", "2030-07-01", "2030-07-01", 2, 2),
    ]
    for made in (step, whole):
        made.as_of_date = date(2030, 6, 10)
    step.build("+fct_usage_days", usage_start="2030-06-10", usage_end="2030-06-10")
    whole.build(f"+{MONTHS}")
    assert _months(step) == _months(whole)
    assert [row[4] for row in _months(step)] == ["2030-05-31", "2030-06-10"] * 2
