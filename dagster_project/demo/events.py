"""Product events, drawn one day at a time from the workspaces' plan, as columns of numbers.

Each day has a random stream of its own: a day never depends on the days before it, history is
never read, and memory holds one chunk of one day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from dagster_project.demo.plan import Plan
from dagster_project.demo.vocabulary import PRODUCTS

#: rows drawn and written at a time: bounds memory whatever the number of events a day
MAX_CHUNK_ROWS = 400_000
WEEKDAY_FACTOR = (1.1, 1.15, 1.15, 1.1, 0.95, 0.3, 0.25)
LATE_SHARE = 0.01
MAX_LATE_DAYS = 6
#: received so late that a late-arrival window of a week has closed
TOO_LATE_SHARE = 0.0006
TOO_LATE_DAYS = (9, 25)
#: a workspace's age in days up to which some of its events carry a time before it was made
YOUNG_DAYS = 3
EARLY_SHARE = 0.08
#: decades: in the future whenever the sample is read
FUTURE_DAYS = 7305
RESENT_SHARE = 0.004
#: the first value event, the active event, then OTHER_EVENTS
KIND_SHARES = (0.13, 0.44, 0.14, 0.27, 0.02)
SECOND_IN_US = 1_000_000
DAY_IN_US = 86_400 * SECOND_IN_US


@dataclass(frozen=True)
class Usage:
    """The workspaces as arrays (days counted from 1970), and the events of a unit of weight."""

    first_day: np.ndarray
    end_day: np.ndarray
    value_day: np.ndarray  # a far day when value is never reached
    weight: np.ndarray
    product: np.ndarray  # index in PRODUCTS
    first_user: np.ndarray
    user_count: np.ndarray
    internal_user: np.ndarray  # sorted numbers of our own people
    events_per_weight: float
    day_weight: np.ndarray
    origin: int  # day of day_weight[0]

    def event_count(self, day: int) -> int:
        """Give the number of events received on a day, before planted defects."""
        at = day - self.origin
        if at < 0 or at >= len(self.day_weight):
            return 0
        until = np.cumsum(self.day_weight[: at + 1]) * self.events_per_weight
        before = until[-2] if at else 0.0
        return int(np.floor(until[-1]) - np.floor(before))


def as_day(when: date) -> int:
    """Give days since 1970."""
    return (when - date(1970, 1, 1)).days


def make_usage(plan: Plan, workspaces: pd.DataFrame, users: pd.DataFrame) -> Usage:
    """Read the workspaces' plan; the rate is such that the window holds `plan.events`."""
    days = {
        name: workspaces[name].to_numpy().astype("datetime64[D]").astype(int)
        for name in ("active_from", "active_to", "value_from")
    }
    value = np.where(workspaces["value_from"].isna(), 10**6, days["value_from"])
    weight = workspaces["intensity"].to_numpy()
    origin, last = as_day(plan.start), as_day(plan.horizon)
    total = np.zeros(last - origin + 2)
    begin = np.clip(days["active_from"] - origin, 0, last - origin + 1)
    stop = np.clip(days["active_to"] - origin, 0, last - origin + 1)
    np.add.at(total, begin, weight)
    np.subtract.at(total, stop, weight)
    daily = np.maximum(np.cumsum(total)[:-1], 0)
    weekday = (np.arange(origin, last + 1) + 3) % 7
    daily = np.where(daily > 1e-6, daily, 0) * np.array(WEEKDAY_FACTOR)[weekday]
    window = daily[: as_day(plan.end) - origin + 1].sum()
    product = workspaces["product_id"].map({name: at for at, name in enumerate(PRODUCTS)})
    internal = users["user_id"][users["is_internal"].astype(bool)].str.slice(2).astype(int)
    return Usage(
        first_day=days["active_from"],
        end_day=days["active_to"],
        value_day=value,
        weight=weight,
        product=product.to_numpy(dtype=int),
        first_user=workspaces["first_user"].to_numpy(dtype=int),
        user_count=workspaces["user_count"].to_numpy(dtype=int),
        internal_user=np.sort(internal.to_numpy(dtype=int)),
        events_per_weight=plan.events / window if window else 0.0,
        day_weight=daily,
        origin=origin,
    )


def day_batches(plan: Plan, usage: Usage, day: int) -> Iterator[dict[str, np.ndarray]]:
    """Give the events received on one day in chunks: columns of numbers, `defect` beside them."""
    running = np.flatnonzero((usage.first_day <= day) & (usage.end_day > day))
    if not len(running):
        return
    remaining = usage.event_count(day)
    resent = max(1, round(remaining * RESENT_SHARE)) if remaining > 50 else 0
    yield _resendable(plan, usage, day, resent)
    repeated = _repeats(plan, usage, day)
    if repeated is not None:
        yield repeated
    milestone = running[usage.value_day[running] == day]
    if len(milestone):
        yield _draw(plan, usage, day, "milestone", milestone, len(milestone))
    chunk = 0
    remaining = max(remaining - resent - len(milestone), 0)
    while remaining:
        size = min(remaining, MAX_CHUNK_ROWS)
        yield _draw(plan, usage, day, chunk, running, size)
        remaining -= size
        chunk += 1


def _resendable(plan: Plan, usage: Usage, day: int, count: int) -> dict[str, np.ndarray]:
    running = np.flatnonzero((usage.first_day <= day) & (usage.end_day > day))
    return _draw(plan, usage, day, "resent", running, count)


def _repeats(plan: Plan, usage: Usage, day: int) -> dict[str, np.ndarray] | None:
    """Give yesterday's resendable events once more, received today: the same event ids."""
    count = usage.event_count(day - 1)
    running = (usage.first_day <= day - 1) & (usage.end_day > day - 1)
    if count <= 50 or not running.any():
        return None
    again = _resendable(plan, usage, day - 1, max(1, round(count * RESENT_SHARE)))
    again["received"] = day * DAY_IN_US + 3600 * SECOND_IN_US + again["received"] % DAY_IN_US // 4
    again["defect"] = np.full(len(again["event"]), DUPLICATE)
    return again


CLEAN, LATE, DUPLICATE, BEFORE_ACCOUNT, UNKNOWN_WORKSPACE, FUTURE, TOO_LATE = range(7)
DEFECT_NAMES = (
    "clean", "late_event", "duplicate_event", "usage_before_account", "orphan_workspace",
    "future_date", "too_late_event",
)  # fmt: skip
_SALT = {"milestone": 90, "resent": 91}


def _draw(
    plan: Plan, usage: Usage, day: int, part: int | str, pool: np.ndarray, count: int
) -> dict[str, np.ndarray]:
    rng = plan.rng("events", day, part)
    if part == "milestone":
        row = pool
    else:
        cumulative = np.cumsum(usage.weight[pool])
        row = pool[np.searchsorted(cumulative, rng.random(count) * cumulative[-1])]
    draw = rng.random((3, count))
    kind = np.searchsorted(np.cumsum(KIND_SHARES)[:-1], draw[0])
    occurred_day = np.full(count, day)
    defect = np.full(count, CLEAN)
    if isinstance(part, int):
        _make_late(usage, day, row, occurred_day, defect, rng)
        _plant(usage, day, row, occurred_day, defect, rng)
    # before its first value a workspace only looks around; on that day it gets there
    kind = np.where((kind == 0) & (usage.value_day[row] > occurred_day), 3, kind)
    if part == "milestone":
        kind[:] = 0
    second = np.clip(rng.normal(46_800, 11_000, count), 60, 86_000).astype(np.int64)
    occurred = occurred_day * DAY_IN_US + second * SECOND_IN_US
    delay = (draw[1] * 90 * SECOND_IN_US).astype(np.int64)
    received = day * DAY_IN_US + second * SECOND_IN_US + delay
    salt = _SALT.get(part, 0) if isinstance(part, str) else part
    return {
        "event": (np.int64(day) * 100 + salt) * 10_000_000 + np.arange(count),
        "row": row,
        "user": usage.first_user[row] + (draw[2] ** 1.7 * usage.user_count[row]).astype(int),
        "kind": kind,
        "feature": rng.integers(0, 6, count),
        "occurred": occurred,
        "received": received,
        "count": np.where(
            (defect == CLEAN) & (rng.random(count) < 0.03), rng.integers(2, 6, count), 1
        ),
        "defect": defect,
    }


def _make_late(
    usage: Usage,
    day: int,
    row: np.ndarray,
    occurred_day: np.ndarray,
    defect: np.ndarray,
    rng: np.random.Generator,
) -> None:
    lag = rng.integers(1, MAX_LATE_DAYS + 1, len(row))
    late = (rng.random(len(row)) < LATE_SHARE) & (day - lag >= usage.first_day[row])
    occurred_day[late] -= lag[late]
    defect[late] = LATE


def _plant(
    usage: Usage,
    day: int,
    row: np.ndarray,
    occurred_day: np.ndarray,
    defect: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Turn a few events a day into ones that cannot be right."""
    chance = rng.random(len(row))
    age = day - usage.first_day[row]
    lag = rng.integers(1, 3, len(row))
    before = (age <= YOUNG_DAYS) & (rng.random(len(row)) < EARLY_SHARE) & (defect == CLEAN)
    # usage starts the day after the workspace was made
    occurred_day[before] = usage.first_day[row[before]] - 1 - lag[before]
    defect[before] = BEFORE_ACCOUNT
    defect[(chance > 0.9996) & (defect == CLEAN)] = UNKNOWN_WORKSPACE
    future = (chance > 0.9994) & (chance <= 0.9996) & (defect == CLEAN)
    occurred_day[future] = day + FUTURE_DAYS
    defect[future] = FUTURE
    delay = rng.integers(*TOO_LATE_DAYS, len(row))
    stale = (chance < TOO_LATE_SHARE) & (age > TOO_LATE_DAYS[1]) & (defect == CLEAN)
    occurred_day[stale] -= delay[stale]
    defect[stale] = TOO_LATE
