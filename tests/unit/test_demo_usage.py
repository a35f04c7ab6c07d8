"""Product events of the sample company: drawn by day, in chunks, and within their plan."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from dagster_project.demo import events
from dagster_project.demo.event_files import to_table
from dagster_project.demo.plan import Plan, add_months, days_later

DAY = events.as_day(date(2026, 3, 4))
PLAN = Plan(4000, 36, 5_000_000, 7, date(2026, 6, 30))


@pytest.fixture(scope="module")
def usage() -> events.Usage:
    count = 40
    start = np.full(count, np.datetime64("2026-01-10", "s"))
    spaces = pd.DataFrame(
        {
            "active_from": start,
            "active_to": days_later(start, np.full(count, 200)),
            "value_from": days_later(start, np.arange(count) + 30.0),
            "intensity": np.ones(count),
            "product_id": ["harbor", "ledger", "beacon", "harbor"] * 10,
            "first_user": np.arange(count) * 5,
            "user_count": np.full(count, 5),
        }
    )
    users = pd.DataFrame({"user_id": ["u_00000001"], "is_internal": [True]})
    return events.make_usage(PLAN, spaces, users)


def _all(usage: events.Usage, day: int) -> dict[str, np.ndarray]:
    batches = list(events.day_batches(PLAN, usage, day))
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}


def test_a_day_is_drawn_in_bounded_chunks(usage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MAX_CHUNK_ROWS", 1000)
    sizes = [len(batch["event"]) for batch in events.day_batches(PLAN, usage, DAY)]
    assert max(sizes) <= 1000
    assert sum(sizes) > 10_000


def test_a_day_does_not_depend_on_other_days(usage) -> None:
    first = _all(usage, DAY)
    list(events.day_batches(PLAN, usage, DAY + 5))
    again = _all(usage, DAY)
    assert all((first[name] == again[name]).all() for name in first)


def test_events_of_the_window_add_up(usage) -> None:
    window = range(events.as_day(PLAN.start), events.as_day(PLAN.end) + 1)
    assert sum(usage.event_count(day) for day in window) == pytest.approx(PLAN.events, abs=1)


def test_repeats_carry_ids_of_the_day_before(usage) -> None:
    today = _all(usage, DAY)
    repeated = today["event"][today["defect"] == events.DUPLICATE]
    assert len(repeated)
    assert set(repeated) <= set(_all(usage, DAY - 1)["event"])
    fresh = today["event"][today["defect"] != events.DUPLICATE]
    assert len(set(fresh)) == len(fresh)


def test_late_events_occurred_days_before_they_came(usage) -> None:
    drawn = _all(usage, DAY)
    lag = DAY - drawn["occurred"] // events.DAY_IN_US
    late = drawn["defect"] == events.LATE
    assert late.any()
    assert lag[late].min() >= 1
    assert lag[late].max() <= events.MAX_LATE_DAYS
    assert (lag[drawn["defect"] == events.CLEAN] == 0).all()


def test_planted_times_are_wrong_in_the_way_they_say(usage) -> None:
    drawn = _all(usage, int(usage.first_day[0]) + 2)
    early = drawn["defect"] == events.BEFORE_ACCOUNT
    day = drawn["occurred"] // events.DAY_IN_US
    assert early.any()
    assert (day[early] < usage.first_day[drawn["row"][early]] - 1).all()
    old = _all(usage, DAY)
    lag = DAY - old["occurred"] // events.DAY_IN_US
    assert lag[old["defect"] == events.TOO_LATE].min() > 7
    assert lag[old["defect"] == events.FUTURE].max() < -2


def test_no_clean_event_precedes_its_workspace_or_its_first_value(usage) -> None:
    drawn = _all(usage, DAY - 20)
    good = drawn["defect"] <= events.LATE
    day = drawn["occurred"][good] // events.DAY_IN_US
    row = drawn["row"][good]
    assert (day >= usage.first_day[row]).all()
    valued = drawn["kind"][good] == 0
    assert (day[valued] >= usage.value_day[row][valued]).all()
    assert set(usage.value_day[usage.value_day == DAY - 20]) <= set(day[valued])


def test_each_event_belongs_to_the_product_of_its_workspace(usage) -> None:
    batch = next(events.day_batches(PLAN, usage, DAY))
    table = to_table(usage, batch).to_pylist()
    names = {(row["product_id"], row["event_name"]) for row in table}
    assert ("harbor", "dock_slot_confirmed") in names
    assert ("ledger", "dock_slot_confirmed") not in names
    assert all(row["feature"] is None for row in table if row["event_name"] == "session_started")


def test_months_are_added_by_calendar() -> None:
    days = np.array(["2026-01-31", "2025-12-15", "2024-01-31"], dtype="datetime64[s]")
    moved = add_months(days, np.array([1, 2, 1])).astype("datetime64[D]").astype(str)
    assert list(moved) == ["2026-02-28", "2026-02-15", "2024-02-29"]
