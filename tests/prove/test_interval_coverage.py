"""Coverage of every interval macro, by simulation: the rendered SQL on thousands of samples.

Time and curve intervals are judged with the curves. The worlds are named in DECISIONS.md, where the
measured numbers and what is not claimed stand.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from jinja2 import Environment
from revenue_world import brute_force_mrr, by_customer, random_billing
from scipy import stats

from dagster_project.resources.dbt import DBT_PROJECT

pytestmark = pytest.mark.prove

Z = 1.959963984540054
PROMISED = 0.93
REPLICATES = 4_000
MACROS = Environment(autoescape=False).from_string(  # noqa: S701 - SQL, not a page
    (DBT_PROJECT / "macros" / "intervals.sql").read_text()
)
"""Sums per replicate as the models make them: y over x, and c the lesser of both."""
SUMS = (
    "select replicate, count(*) as n, sum(x) as x, sum(y) as y, sum(least(x, y)) as c,"
    " sum(x * x) as xx, sum(y * y) as yy, sum(x * y) as xy, sum(x * least(x, y)) as xc,"
    f" sum(least(x, y) * least(x, y)) as cc, {Z} as z from members group by replicate"
)


@pytest.fixture(scope="module")
def macros() -> Any:
    return MACROS.module


@pytest.fixture(scope="module")
def report(request: pytest.FixtureRequest) -> Iterator[Callable[..., None]]:
    """Judge one method in one world; say at the end what each method reached, at its worst."""
    reached: dict[str, list[tuple[float, float]]] = defaultdict(list)

    def judge(method: str, n: int, low: Any, high: Any, truth: float) -> None:
        low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
        given = ~np.isnan(low) & ~np.isnan(high)
        low, high = low[given], high[given]
        covered = int(((low <= truth) & (truth <= high)).sum())
        surely = stats.binomtest(covered, len(low)).proportion_ci(method="wilson").low
        assert len(low) >= 2_000
        reached[f"{method}, n={n}"].append((surely, float(np.mean(high - low))))
        assert surely >= PROMISED, f"{covered / len(low):.3f} (at least {surely:.3f}) are covered"

    yield judge
    writer = request.config.pluginmanager.get_plugin("terminalreporter")
    for name, found in reached.items():
        width = sum(width for _, width in found) / len(found)
        writer.write_line(f"{name}: coverage at least {min(found)[0]:.3f}, mean width {width:.3f}")


def _bounds(expressions: tuple[str, str], relation: str, **tables: pd.DataFrame) -> tuple:
    with duckdb.connect() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        found = connection.execute(
            f"select {expressions[0]} as low, {expressions[1]} as high from {relation}"
        ).fetchnumpy()
    return tuple(np.ma.filled(found[side].astype(float), np.nan) for side in ("low", "high"))


def _members(x: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    replicate = np.repeat(np.arange(len(x)), x.shape[1])
    return pd.DataFrame({"replicate": replicate, "x": x.ravel(), "y": y.ravel()})


@pytest.mark.parametrize(("n", "p"), product((30, 60, 200), (0.1, 0.2, 0.35, 0.5, 0.8)))
def test_shares(macros: Any, report: Callable[..., None], n: int, p: float) -> None:
    counts = np.random.default_rng(n).binomial(n, p, 20_000)
    expressions = tuple(macros.share_bound("k", "n", Z, sign) for sign in "-+")
    low, high = _bounds(expressions, "samples", samples=pd.DataFrame({"k": counts, "n": n}))
    report("share", n, low, high, p)


@pytest.mark.parametrize("mean", [30, 60, 200])
def test_counts(macros: Any, report: Callable[..., None], mean: int) -> None:
    counts = np.random.default_rng(mean).poisson(mean, 20_000)
    expressions = tuple(macros.count_bound("k", Z, sign) for sign in "-+")
    low, high = _bounds(expressions, "samples", samples=pd.DataFrame({"k": counts}))
    report("count", mean, low, high, mean)


@pytest.mark.parametrize(("n", "shape"), product((30, 31, 100, 301), ("even", "skewed", "days")))
def test_medians(macros: Any, report: Callable[..., None], n: int, shape: str) -> None:
    dice = np.random.default_rng(n)
    values = dice.uniform(0, 2, (REPLICATES, n)) if shape == "even" else None
    if values is None:
        values = np.exp(1.2 * dice.standard_normal((REPLICATES, n)))
    truth = 1.0
    if shape == "days":  # whole days, so ties: the median of ceil(30 x) is 30
        values, truth = np.ceil(30 * values), 30.0
    ranked = (
        "(select *, row_number() over (partition by replicate order by x) as position,"
        f" count(*) over (partition by replicate) as n, {Z} as z from members)"
    )
    rank = macros.median_low_rank("n", "z")
    found = _bounds(
        (
            f"max(case when position = {rank} then x end)",
            f"max(case when position = n + 1 - {rank} then x end)",
        ),
        f"{ranked} as ranked group by replicate",
        members=_members(values, values),
    )
    report("median", n, *found, truth)


WORLDS = list(product((30, 100, 300), (0.5, 1.0, 1.5), (0.03, 0.1, 0.3), ("any", "small")))


def _retention(
    n: int, sigma: float, churn: float, leaves: str, grows: str
) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Give opening and closing MRR, and the true gross and net retention.

    Opening is lognormal; closing is 0 for who leaves: anybody alike, or the smaller the likelier.
    `half`: half of all stay as they are, the others move by 15%; `all`: everybody by 30%.
    """
    dice = np.random.default_rng([n, int(10 * sigma), int(100 * churn)])
    ranks = dice.standard_normal((REPLICATES, n))
    leaving = churn if leaves == "any" else 2 * churn * (1 - stats.norm.cdf(ranks))
    x = np.exp(sigma * ranks)
    moves, drift, spread = (0.5, 0.03, 0.15) if grows == "half" else (1.0, 0.1, 0.3)
    step = np.exp(drift + spread * dice.standard_normal(x.shape))
    step = np.where(dice.random(x.shape) < moves, step, 1.0)
    y = x * step * (dice.random(x.shape) >= leaving)
    # by size, leaving is less likely: E[x leaves] / E[x] = 2 churn P(normal < -sigma / sqrt 2)
    stay = 1 - (churn if leaves == "any" else 2 * churn * stats.norm.cdf(-sigma / 2**0.5))
    growth = np.exp(drift + spread**2 / 2)
    below = stats.norm.cdf(-drift / spread)
    capped = 1 - below + growth * stats.norm.cdf(-drift / spread - spread)
    return x, y, stay * (1 - moves + moves * capped), stay * (1 - moves + moves * growth)


@pytest.mark.parametrize(("n", "sigma", "churn", "leaves"), WORLDS)
def test_gross_retention(
    macros: Any, report: Callable[..., None], n: int, sigma: float, churn: float, leaves: str
) -> None:
    x, y, truth, _ = _retention(n, sigma, churn, leaves, "half")
    expressions = tuple(
        macros.ratio_bound("c", "x", "cc", "xc", "xx", "n", "z", sign, ceiling=1) for sign in "-+"
    )
    found = _bounds(expressions, f"({SUMS}) as sums", members=_members(x, y))
    report("grr", n, *found, truth)


@pytest.mark.parametrize("grows", ["half", "all"])
@pytest.mark.parametrize(("n", "sigma", "churn", "leaves"), WORLDS)
def test_net_retention(
    macros: Any,
    report: Callable[..., None],
    n: int,
    sigma: float,
    churn: float,
    leaves: str,
    grows: str,
) -> None:
    x, y, _, truth = _retention(n, sigma, churn, leaves, grows)
    bounded = macros.with_growth_bounds(f"({SUMS}) as sums")
    found = _bounds(
        ("growth_low", "growth_high"), f"({bounded}) as bounded", members=_members(x, y)
    )
    report(f"nrr ({grows} grow)", n, *found, truth)


@pytest.mark.parametrize("sigma", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("n", "per_unit", "extra"), [(30, 0.3, 1), (30, 1, 1), (100, 1, 2)])
def test_rates_per_size(
    macros: Any, report: Callable[..., None], n: int, per_unit: float, extra: int, sigma: float
) -> None:
    """Counts per unit of a lognormal size whose members differ by more than chance."""
    dice = np.random.default_rng(n)
    x = np.exp(sigma * dice.standard_normal((REPLICATES, n)))
    habit = dice.gamma(1 / extra, extra, x.shape)  # mean 1, variance `extra`
    y = dice.poisson(per_unit * np.sqrt(x) * habit).astype(float)
    expressions = tuple(
        macros.ratio_bound("y", "x", "yy", "xy", "xx", "n", "z", sign) for sign in "-+"
    )
    found = _bounds(expressions, f"({SUMS}) as sums", members=_members(x, y))
    truth = per_unit * np.exp(sigma**2 / 8 - sigma**2 / 2)
    report("rate", n, *found, truth)


@pytest.mark.parametrize("together", [0.0, 0.5])
@pytest.mark.parametrize("sigma", [0.5, 1.0])
@pytest.mark.parametrize(("n", "win_rate"), product((30, 100, 300), (0.2, 0.4, 0.7)))
def test_pipeline_velocity(
    macros: Any,
    report: Callable[..., None],
    n: int,
    win_rate: float,
    sigma: float,
    together: float,
) -> None:
    """Deals close by chance, n on average; amounts and cycles are lognormal, large deals no faster.

    `together` is the correlation of the logarithms. Below six won deals there is no interval.
    """
    dice = np.random.default_rng([n, int(10 * win_rate), int(10 * sigma), int(10 * together)])
    won = dice.binomial(dice.poisson(n, 6_000), win_rate)
    size = dice.standard_normal(won.sum())
    pace = together * size + np.sqrt(1 - together**2) * dice.standard_normal(won.sum())
    deals = pd.DataFrame(
        {
            "replicate": np.repeat(np.arange(len(won)), won),
            "y": np.exp(sigma * size),
            "days": np.ceil(40 * np.exp(0.7 * pace)),
        }
    )
    rank = macros.median_low_rank("n", Z)
    sums = f"""
        (select replicate, sum(y) as y, sum(y * y) as yy, median(days) as days,
            max(case when position = {rank} then days end) as days_low,
            max(case when position = n + 1 - {rank} then days end) as days_high
        from (select *, count(*) over (partition by replicate) as n,
            row_number() over (partition by replicate order by days) as position from members)
        group by replicate) as sums"""
    expressions = tuple(
        macros.flow_bound("(y / days)", "y", "yy", "days", "days_low", "days_high", Z, sign)
        for sign in "-+"
    )
    found = _bounds(expressions, sums, members=deals)
    report("velocity", n, *found, n * win_rate * np.exp(sigma**2 / 2) / 40)


@pytest.mark.parametrize("degrees", [5, 9, 15, 29, 99])
def test_student_quantile(macros: Any, degrees: int) -> None:
    with duckdb.connect() as connection:
        [(found,)] = connection.execute(f"select {macros.t_quantile(Z, degrees)}").fetchall()
    assert found == pytest.approx(stats.t.ppf(0.975, degrees), rel=0.01)


def test_widths_agree_with_the_bootstrap(macros: Any) -> None:
    """On a billing world with months of history: within a fifth of the bootstrap's width, or wider.

    Wilson's interval assumes that who loses something loses all, so gross may be up to twice as
    wide where most losses are partial.
    """
    totals = by_customer(brute_force_mrr(random_billing(customers=300, seed=11)))
    month, before = max(max(paid) for paid in totals.values()), None
    before = month.replace(year=month.year - 1)
    pairs = [
        (float(paid[before]), float(paid.get(month, 0)))
        for paid in totals.values()
        if before in paid
    ]
    x, y = (np.array(side)[None, :] for side in zip(*pairs, strict=True))
    assert x.size >= 100
    picks = np.random.default_rng(1).integers(0, x.size, (4_000, x.size))
    widths = {}
    for name, top in (("grr", np.minimum(x, y)), ("nrr", y)):
        ratios = top[0, picks].sum(1) / x[0, picks].sum(1)
        widths[name] = np.diff(np.quantile(ratios, (0.025, 0.975)))[0]
    members = _members(x, y)
    gross = tuple(
        macros.ratio_bound("c", "x", "cc", "xc", "xx", "n", "z", sign, ceiling=1) for sign in "-+"
    )
    low, high = _bounds(gross, f"({SUMS}) as sums", members=members)
    assert 0.8 <= (high - low)[0] / widths["grr"] <= 2.0
    bounded = macros.with_growth_bounds(f"({SUMS}) as sums")
    low, high = _bounds(("growth_low", "growth_high"), f"({bounded}) as b", members=members)
    assert 0.8 <= (high - low)[0] / widths["nrr"] <= 1.6
