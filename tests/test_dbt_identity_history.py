"""What an account was when: attributes, their history, and the segments that follow from them."""

from datetime import date, datetime, timedelta

import pytest

# each case builds several days of a world with dbt
pytestmark = pytest.mark.prove

HISTORY = ["+int_account_history", "+int_account_segments"]


def _at(day: str) -> datetime:
    return datetime.fromisoformat(day)


def _versions(world, column: str) -> list[tuple]:
    return world.query(
        f"select valid_from, valid_to, known_at, {column}"
        " from intermediate.int_account_history order by account_id, valid_from"
    )


def _segments(world, scheme: str) -> list[tuple]:
    return world.query(
        "select account_id, segment, valid_from, valid_to"
        " from intermediate.int_account_segments"
        f" where segment_scheme = '{scheme}' order by 1, 3"
    )


def _history(field: str, value: str | None, changed_at: str) -> dict[str, object]:
    return {"account_id": "a1", "field": field, "value": value, "changed_at": changed_at}


def test_a_recorded_history_gives_the_value_of_each_time(make_world):
    world = make_world(
        {
            "crm.accounts": [{"account_id": "a1", "employees": 150, "created_at": "2029-01-01"}],
            "crm.account_history": [
                _history("employees", "20", "2029-02-01"),
                {**_history("employees", "150", "2029-06-01"), "known_at": "2029-08-01"},
            ],
        }
    )
    world.build(*HISTORY, tests=True)
    assert _versions(world, "employees") == [
        (_at("2029-02-01"), _at("2029-06-01"), _at("2029-02-01"), 20),
        (_at("2029-06-01"), None, _at("2029-08-01"), 150),
    ]
    # before the first recorded value nothing is known, although a value is known today
    assert _segments(world, "size") == [
        ("a1", "unknown", date(1900, 1, 1), date(2029, 2, 1)),
        ("a1", "small", date(2029, 2, 1), date(2029, 6, 1)),
        ("a1", "large", date(2029, 6, 1), None),
    ]


def test_without_a_history_changes_are_dated_by_the_run_that_saw_them(make_world):
    account = {
        "account_id": "a1",
        "industry": "Retail",
        "created_at": "2029-01-01",
        "updated_at": "2029-03-01",
    }
    world = make_world({"crm.accounts": [account]})
    world.build(*HISTORY, tests=True)
    assert _versions(world, "industry") == [(_at("2029-01-01"), None, _at("2029-03-01"), "retail")]
    first_seen = world.known_at
    world.known_at = first_seen + timedelta(days=1)
    world.execute("update raw_crm.accounts set industry = 'Software'")
    for _ in range(2):  # a rerun changes nothing
        world.build(*HISTORY, tests=True)
        assert _versions(world, "industry") == [
            (_at("2029-01-01"), world.known_at, _at("2029-03-01"), "retail"),
            (world.known_at, None, world.known_at, "software"),
        ]
    assert _segments(world, "industry") == [
        ("a1", "retail", date(1900, 1, 1), world.known_at.date()),
        ("a1", "software", world.known_at.date(), None),
    ]


def test_every_account_is_in_one_segment_of_each_scheme_at_all_times(make_world):
    schemes = [
        {"segment_scheme": name, "scheme_kind": "firmographic"} for name in ("industry", "size")
    ] + [
        {"segment_scheme": "stack", "scheme_kind": "technographic"},
        {
            "segment_scheme": "industry_x_size",
            "scheme_kind": "crossed",
            "first_scheme": "industry",
            "second_scheme": "size",
        },
    ]
    rules = [
        ("industry", "software", "industry", "in", "software", None, None, 1),
        ("industry", "rest", "industry", "otherwise", None, None, None, 2),
        ("size", "small", "employees", "between", None, None, 100, 1),
        ("size", "large", "employees", "between", None, 100, 1000, 2),
        ("stack", "lake", "technology", "in", "delta", None, None, 1),
        ("stack", "warehouse", "technology", "in", "northdb", None, None, 2),
    ]
    names = "segment_scheme segment attribute operator value_text value_low value_high sort_order"
    world = make_world(
        {
            "crm.accounts": [
                {"account_id": "a1", "industry": "Software", "employees": 99},
                {"account_id": "a2", "industry": "Mining", "employees": 100},
                {"account_id": "a3", "employees": 5000},
            ],
            "external.technologies": [
                {"crm_account_id": "a1", "technology": name, "first_seen_at": "2029-05-01"}
                for name in ("NorthDB", "Delta")
            ]
            + [{"crm_account_id": "a2", "technology": "Abacus", "first_seen_at": "2029-05-01"}],
        },
        {
            "segment_schemes": schemes,
            "segment_rules": [dict(zip(names.split(), rule, strict=True)) for rule in rules],
        },
    )
    world.build("+bridge_account_segments", "+dim_segments", tests=True)
    now = dict(
        ((account, scheme), segment)
        for account, scheme, segment in world.query(
            "select account_id, segment_scheme, segment from marts.bridge_account_segments"
            " where valid_to is null"
        )
    )
    assert now == {
        ("a1", "industry"): "software",
        ("a1", "size"): "small",
        ("a1", "stack"): "lake",
        ("a1", "industry_x_size"): "software x small",
        ("a2", "industry"): "rest",
        ("a2", "size"): "large",
        ("a2", "stack"): "other",
        ("a2", "industry_x_size"): "rest x large",
        ("a3", "industry"): "unknown",
        ("a3", "size"): "other",
        ("a3", "stack"): "unknown",
        ("a3", "industry_x_size"): "unknown",
    }
    assert ("a1", "unknown", date(1900, 1, 1), date(2029, 5, 1)) in _segments(world, "stack")


def test_a_new_exchange_rate_is_no_new_version(make_world):
    world = make_world(
        {
            "crm.accounts": [
                {"account_id": "a1", "annual_revenue": 100, "currency": "EUR"},
            ],
            "finance.fx_rates": [
                {
                    "rate_date": "2030-06-01",
                    "from_currency": "EUR",
                    "to_currency": "USD",
                    "rate": 1.5,
                }
            ],
        }
    )
    world.build(*HISTORY, tests=True)
    world.execute("update raw_finance.fx_rates set rate = 2")
    world.known_at += timedelta(days=1)
    world.build(*HISTORY, tests=True)
    rows = world.query("select annual_revenue from intermediate.int_account_history")
    assert [float(value) for (value,) in rows] == [200.0]
