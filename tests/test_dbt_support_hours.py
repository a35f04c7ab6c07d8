"""Waiting in open hours (METRICS 3.9), against a clock that is watched minute by minute."""

import random
from datetime import UTC, date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from raw_world import DEFAULT_REGISTRY

ZONE = ZoneInfo("America/New_York")
#: (opens, closes) in minutes from midnight by ISO weekday; on Saturday over the change of clocks
WEEK = {1: (540, 1020), 2: (540, 1020), 3: (540, 1020), 4: (540, 1020), 5: (540, 960), 7: (60, 300)}
HOLIDAYS = {date(2030, 2, 18), date(2030, 3, 9)}
REGISTRY = {
    "company": [DEFAULT_REGISTRY["company"][0] | {"time_zone": ZONE.key}],
    "support_week": [
        {"weekday": day, "opens_minute": opens, "closes_minute": closes}
        for day, (opens, closes) in WEEK.items()
    ],
    "support_holidays": [{"holiday": day} for day in HOLIDAYS],
}


def _is_open(moment: datetime) -> bool:
    local = moment.replace(tzinfo=UTC).astimezone(ZONE)
    opens, closes = WEEK.get(local.isoweekday(), (0, 0))
    return local.date() not in HOLIDAYS and opens <= local.hour * 60 + local.minute < closes


def _open_minutes(begin: datetime, end: datetime) -> int:
    minutes = (end - begin) // timedelta(minutes=1)
    return sum(_is_open(begin + timedelta(minutes=passed)) for passed in range(minutes))


def _tickets() -> list[dict]:
    """Random waits in weeks with a change of clocks and holidays, in whole minutes, UTC."""
    dice = random.Random(11)
    tickets = []
    for number in range(120):
        begin = datetime(2030, 2, 14) + timedelta(minutes=dice.randrange(40 * 1440))  # noqa: DTZ001
        wait = timedelta(minutes=dice.choice((30, 600, 3000, 12_000)) + dice.randrange(600))
        tickets.append(
            {"ticket_id": f"t{number}", "created_at": begin, "first_reply_at": begin + wait}
        )
    return tickets


@pytest.fixture(scope="module")
def world(make_world):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ICP_TIME_ZONE", ZONE.key)
        tickets = [ticket | {"organization_id": "g1"} for ticket in _tickets()]
        rows = {
            "crm.accounts": [{"account_id": "a1", "created_at": "2029-01-01"}],
            "support.organizations": [{"organization_id": "g1", "crm_account_id": "a1"}],
            "support.tickets": tickets,
        }
        made = make_world(rows, REGISTRY)
        made.build("+fct_tickets", "+int_kpi_ticket_medians", tests=True)
        yield made


def test_only_open_minutes_count(world) -> None:
    found = dict(world.query("select ticket_id, first_reply_open_minutes from marts.fct_tickets"))
    expected = {
        ticket["ticket_id"]: float(_open_minutes(ticket["created_at"], ticket["first_reply_at"]))
        for ticket in _tickets()
    }
    assert found == expected
    assert min(expected.values()) == 0  # some wait over a closed day alone
    # naive: around the clock
    assert found != dict(
        world.query("select ticket_id, first_reply_minutes from marts.fct_tickets")
    )


def test_the_median_is_of_tickets_followed_equally_long(world) -> None:
    followed = [
        _open_minutes(ticket["created_at"], ticket["first_reply_at"])
        for ticket in _tickets()
        if (_day(ticket["created_at"]) + timedelta(days=14)).isoformat()[:7] == "2030-03"
    ]
    # a wait of more than the two weeks would be the longest; here there is none
    assert len(followed) > 30
    assert world.query(
        "select value, n from intermediate.int_kpi_ticket_medians"
        " where metric = 'first_reply_open_minutes' and scope = 'portfolio'"
        " and segment_scheme = 'all' and period_month = '2030-03-01'"
    ) == [(median(followed), len(followed))]


def _day(moment: datetime) -> date:
    return moment.replace(tzinfo=UTC).astimezone(ZONE).date()
