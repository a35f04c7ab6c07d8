"""METRICS T26, T22: a month ends at the company's midnight; waiting knows no clock change."""

import pytest
from raw_world import DEFAULT_REGISTRY

ZONE = "America/New_York"
COMPANY = DEFAULT_REGISTRY["company"][0] | {"time_zone": ZONE}
#: 21:30 on 31 May in New York
EVENING = "2030-06-01 01:30:00"
ROWS = {
    "crm.accounts": [{"account_id": "a1", "created_at": "2029-01-01 05:00:00"}],
    "crm.opportunities": [
        # the CRM knows the day on which it was closed, and when it was made
        {
            "opportunity_id": "o1",
            "account_id": "a1",
            "product_id": "atlas",
            "created_at": EVENING,
            "close_date": "2030-05-31",
            "stage": "won",
            "amount": 100.0,
            "is_closed": True,
            "is_won": True,
        }
    ],
    "product.workspaces": [
        # made on that evening: its first use is on the same day
        {"workspace_id": "w1", "crm_account_id": "a1", "product_id": "atlas", "created_at": EVENING}
    ],
    "support.organizations": [{"organization_id": "g1", "crm_account_id": "a1"}],
    "support.tickets": [
        # at half past one, half an hour before the clocks jump from two to three
        {
            "ticket_id": "t1",
            "organization_id": "g1",
            "created_at": "2030-03-10 06:30:00",
            "solved_at": "2030-03-10 07:30:00",
        }
    ],
}
EVENT = {
    "event_id": "e1",
    "account_key": "w1",
    "user_id": "u1",
    "event_name": "atlas_report_shared",
    "occurred_at": "2030-06-01 03:59:59",
    "dt": "2030-06-01",
}
USAGE = "select usage_date, cast(sum(event_count) as integer) from marts.fct_usage_days group by 1"


def _texts(world, sql: str) -> list[tuple[str, ...]]:
    return [tuple(map(str, row)) for row in world.query(f"{sql} order by all")]


def test_days_and_months_end_at_the_company_s_midnight(
    make_world, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ICP_TIME_ZONE", ZONE)
    first = EVENT | {"event_id": "e2", "occurred_at": "2030-06-01 04:00:00"}
    rows = ROWS | {"product.events": [EVENT, first]}
    world = make_world(rows, {"company": [COMPANY]})
    # naive: the evening is one of June, before which the deal was closed: it would be rejected
    naive = world.query(
        "select month(created_at), close_date < cast(created_at as date) from raw_crm.opportunities"
    )
    assert naive == [(6, True)]
    world.build(
        "+fct_usage_days", "+fct_opportunities", "+fct_tickets", "+int_deal_segments",
        "company_days_are_in_its_time_zone", tests=True,
    )  # fmt: skip
    assert _texts(
        world, "select created_on, closed_on, cycle_days from marts.fct_opportunities"
    ) == [("2030-05-31", "2030-05-31", "0")]
    assert _texts(
        world, "select distinct created_month, closed_month from intermediate.int_deal_segments"
    ) == [("2030-05-01", "2030-05-01")]
    assert _texts(world, USAGE) == [("2030-05-31", "1"), ("2030-06-01", "1")]
    # naive: local clocks say two hours
    assert _texts(world, "select created_on, resolution_minutes from marts.fct_tickets") == [
        ("2030-03-10", "60.0")
    ]
    # a late event of that evening: the day built again is the day built with the rest
    late = EVENT | {"event_id": "e3", "received_at": "2030-06-03 10:00:00", "dt": "2030-06-03"}
    world.add({"product.events": [late]})
    world.build("+fct_usage_days", usage_start="2030-05-31", usage_end="2030-05-31")
    assert _texts(world, USAGE) == [("2030-05-31", "2"), ("2030-06-01", "1")]


def test_a_build_that_was_told_no_time_zone_fails(make_world) -> None:
    world = make_world({}, {"company": [COMPANY]})
    world.build("int_metric_parameters")
    outcome = world.dbt("test", "--select", "company_days_are_in_its_time_zone")
    assert [node.status for node in outcome.failed] == ["fail"]


@pytest.mark.prove
def test_a_day_with_two_midnights_is_one_day(make_world, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the Azores clocks go back from one to midnight: the hour before belongs to the day too."""
    azores = COMPANY | {"time_zone": "Atlantic/Azores"}
    monkeypatch.setenv("ICP_TIME_ZONE", "Atlantic/Azores")
    hours = ("2029-10-27 12:00:00", "2029-10-28 00:30:00", "2029-10-28 12:00:00")
    events = [
        EVENT | {"event_id": hour, "occurred_at": hour, "dt": hour[:10], "account_key": "unknown"}
        for hour in hours
    ]
    world = make_world({"product.events": events}, {"company": [azores]})
    expected = [("2029-10-27", "1"), ("2029-10-28", "2")]
    days = "select usage_date, count(*) from intermediate.int_usage_user_days group by 1"
    records = days.replace("count(*)", "cast(sum(record_count) as integer)")
    world.build("+int_usage_user_days")
    assert _texts(world, records) == expected
    for day in ("2029-10-27", "2029-10-28"):
        world.build("int_usage_user_days", usage_start=day, usage_end=day)
        assert _texts(world, records) == expected
        assert _texts(world, days) == [("2029-10-27", "1"), ("2029-10-28", "1")]
