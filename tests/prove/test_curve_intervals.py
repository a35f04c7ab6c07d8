"""Do the intervals of the curves cover the truth as often as they promise?

Thousands of samples are put in place of the counted deals, one segment each, and the curve model's
own SQL draws them all. Samples without an interval (nobody reached it, or nobody was followed so
long) are left out; the printed line says of how many it speaks.
"""

from collections.abc import Callable
from math import exp

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import World
from scipy.stats import beta

pytestmark = pytest.mark.prove

REPLICATES = 4000
DAYS = (30, 60, 90, 180)
#: Monthly hazards of the event and of what competes, members of one sample.
CASES = {
    "win_30": ("win", 0.25, 0.35, 30),
    "win_100": ("win", 0.10, 0.30, 100),
    "value_40": ("time_to_value", 0.40, 0.05, 40),
    "churn_30": ("churn", 0.12, 0.0, 30),
    "churn_200": ("churn", 0.06, 0.0, 200),
}


def _truth(event_hazard: float, competing_hazard: float, day: int) -> float:
    """Give the incidence by the end of `day` of exponential clocks rounded down to days."""
    both = (event_hazard + competing_hazard) / 30
    return event_hazard / 30 / both * (1 - exp(-both * (day + 1)))


def _samples(name: str, seed: int) -> pd.DataFrame:
    """Give the counts of `REPLICATES` samples; starts are spread over 400 days."""
    event, event_hazard, competing_hazard, members = CASES[name]
    dice = np.random.default_rng(seed)
    size = REPLICATES * members
    both = (event_hazard + competing_hazard) / 30
    ended = np.floor(dice.exponential(1 / both, size))
    seen = np.floor(dice.uniform(0, 400, size))
    happened = dice.random(size) < event_hazard / (event_hazard + competing_hazard)
    known = ended < seen
    frame = pd.DataFrame(
        {
            "segment": [f"{name}/{sample}" for sample in np.repeat(np.arange(REPLICATES), members)],
            "day_number": np.minimum(np.where(known, ended, seen), 366).astype(int),
            "events": (known & happened).astype(float),
            "competing": (known & ~happened).astype(float),
        }
    )
    frame["censored"] = 1.0 - frame["events"] - frame["competing"]
    asked = pd.DataFrame({"segment": [f"{name}/{sample}" for sample in range(REPLICATES)]})
    asked = asked.merge(pd.DataFrame({"day_number": DAYS}), how="cross")
    frame = pd.concat([frame, asked]).fillna(0.0)
    return frame.groupby(["segment", "day_number"], as_index=False).sum().assign(event=event)


@pytest.fixture(scope="module")
def curves(make_world: Callable[..., World]) -> pd.DataFrame:
    world = make_world({})
    world.build("+int_event_counts")
    counts = pd.concat(_samples(name, seed) for seed, name in enumerate(CASES))
    with duckdb.connect(str(world.settings.warehouse)) as connection:
        connection.register("counts", counts)
        connection.execute(
            "insert into intermediate.int_event_counts by name select event,"
            " 'portfolio' as scope, 'all' as segment_scheme, segment, date '2030-06-01'"
            " as period_month, day_number, events, competing, censored from counts"
        )
    world.build("int_event_curves")
    with duckdb.connect(str(world.settings.warehouse), read_only=True) as connection:
        return connection.execute(
            "select split_part(segment, '/', 1) as name, day_number, incidence, ci_low, ci_high,"
            " is_followed from intermediate.int_event_curves"
            f" where day_number in {DAYS}"
        ).df()


@pytest.mark.parametrize("name", CASES)
def test_intervals_cover_what_they_promise(curves: pd.DataFrame, name: str) -> None:
    _, event_hazard, competing_hazard, members = CASES[name]
    for day in DAYS:
        rows = curves[(curves["name"] == name) & (curves["day_number"] == day)]
        rows = rows[rows["is_followed"] & rows["ci_low"].notna()]
        truth = _truth(event_hazard, competing_hazard, day)
        covered = int(((rows["ci_low"] <= truth) & (truth <= rows["ci_high"])).sum())
        lowest = beta.ppf(0.025, covered, len(rows) - covered + 1)
        width = (rows["ci_high"] - rows["ci_low"]).mean()
        print(
            f"{name} n={members} day {day}: truth {truth:.3f}, mean {rows['incidence'].mean():.3f},"
            f" covered {covered / len(rows):.4f} (at least {lowest:.4f}) of {len(rows)},"
            f" mean width {width:.3f}"
        )
        assert len(rows) >= 2000, day
        assert lowest >= 0.93, (name, day)
