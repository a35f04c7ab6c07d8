"""The shifted-beta-geometric fit against its publication, and against scipy on random lives."""

from collections.abc import Callable
from functools import cache
from itertools import product

import numpy as np
import pytest
from conftest import World
from scipy.optimize import minimize

# forty fits by two methods
pytestmark = pytest.mark.prove

MIN_N = 8
PARAMETERS = [
    {"parameter": name, "value_number": value}
    for name, value in (
        ("min_n", float(MIN_N)),
        ("ltv_period_months", 12.0),
        ("ltv_horizon_months", 2400.0),
        ("ltv_discount_rate", 0.1),
    )
]


def _negative_log_likelihood(point: np.ndarray, at_risk: np.ndarray, lost: np.ndarray) -> float:
    mean, concentration = 1 / (1 + np.exp(-point[0])), np.exp(point[1])
    alpha, beta = mean * concentration, (1 - mean) * concentration
    periods = np.arange(len(at_risk))
    return -float(
        (
            lost * np.log(alpha)
            + (at_risk - lost) * np.log(beta + periods)
            - at_risk * np.log(alpha + beta + periods)
        ).sum()
    )


@cache
def _best_of_scipy(
    at_risk: tuple[float, ...], lost: tuple[float, ...]
) -> tuple[float, float, float]:
    """Give alpha, beta and the greatest log-likelihood from several starting points."""
    found = [
        minimize(
            _negative_log_likelihood,
            start,
            args=(np.array(at_risk, float), np.array(lost, float)),
            method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 8000},
        )
        for start in product((-5, -3, -1), (0, 3, 6))
    ]
    best = min(found, key=lambda result: result.fun)
    mean, concentration = 1 / (1 + np.exp(-best.x[0])), np.exp(best.x[1])
    return mean * concentration, (1 - mean) * concentration, -best.fun


def _random_lives(dice: np.random.Generator) -> tuple[list[int], list[int]]:
    alpha, mean = np.exp(dice.uniform(-1.5, 3)), np.exp(dice.uniform(-4.5, -0.5))
    size = int(np.exp(dice.uniform(3.6, 8)))
    chance = np.clip(dice.beta(alpha, alpha * (1 - mean) / mean, size), 1e-9, 1)
    life, followed = dice.geometric(chance), dice.integers(1, 40, size)
    at_risk = [int(((followed >= t) & (life >= t)).sum()) for t in range(1, 40)]
    lost = [int(((followed >= t) & (life == t)).sum()) for t in range(1, 40)]
    return [count for count in at_risk if count], lost[: sum(count > 0 for count in at_risk)]


#: Customers of these two parameters, many times over: what the fit makes of them is known.
TRUTH, SAMPLES = (0.7, 6.0), 200


def _known_lives(dice: np.random.Generator) -> tuple[list[int], list[int]]:
    """Draw 400 customers that were followed for 5 to 12 periods."""
    life = dice.geometric(np.clip(dice.beta(*TRUTH, 400), 1e-9, 1))
    followed = dice.integers(5, 13, 400)
    periods = range(1, 13)
    at_risk = [int(((followed >= t) & (life >= t)).sum()) for t in periods]
    return at_risk, [int(((followed >= t) & (life == t)).sum()) for t in periods]


def _new_customer_periods(alpha: float, beta: float) -> float:
    """Add up survival, discounted, over the 200 years of the horizon: the first one in full."""
    ahead = np.arange(1, 200)
    alive = np.cumprod((beta + ahead - 1) / (alpha + beta + ahead - 1))
    return float(1 + (alive / 1.1**ahead).sum())


#: METRICS G22, Fader & Hardie (2007): a thousand customers, the share still there after each year.
G22 = (
    [1000, 869, 743, 653, 593, 551, 517],
    [131, 126, 90, 60, 42, 34, 26],
)


#: Cells that differ in one part of their key, each with its own lives.
NEIGHBOURS = {
    ("p", "all", "all"): [(100, 30), (60, 10), (40, 3)],
    ("q", "all", "all"): [(100, 10), (80, 6), (60, 3)],
    ("p", "size", "all"): [(200, 90), (90, 20), (50, 4)],
    ("p", "size", "small"): [(50, 20), (30, 5), (20, 2)],
    ("q", "size", "two"): [(40, 12), (25, 3)],  # periods, and enough
}


@pytest.fixture(scope="module")
def world(make_world: Callable[..., World]) -> World:
    made = make_world({}, {"metric_parameters": PARAMETERS})
    made.build("+int_sbg_lifetimes")
    return made


@pytest.fixture(scope="module")
def lives(world: World) -> dict[str, tuple[list[int], list[int]]]:
    """Put other lives in the place of the world's, and fit again."""
    dice = np.random.default_rng(20071)
    made = {"g22": G22} | {f"random{index}": _random_lives(dice) for index in range(40)}
    made |= {f"same{index}": _known_lives(dice) for index in range(SAMPLES)}
    rows = [
        f"('portfolio', '', 'all', '{name}', {period + 1}, {at_risk}, {lost})"
        for name, (all_at_risk, all_lost) in made.items()
        for period, (at_risk, lost) in enumerate(zip(all_at_risk, all_lost, strict=True))
    ]
    rows += [
        f"('product', '{product}', '{scheme}', '{segment}', {period}, {at_risk}, {lost})"
        for (product, scheme, segment), counts in NEIGHBOURS.items()
        for period, (at_risk, lost) in enumerate(counts, start=1)
    ]
    world.execute(f"insert into intermediate.int_sbg_observations values {', '.join(rows)}")
    world.build("int_sbg_fits", "int_sbg_lifetimes")
    return made


def test_the_published_fit_and_its_projection(world: World, lives: dict) -> None:
    """METRICS G22: alpha 0.668, beta 3.806, five years on, discounted remaining lifetime 7.530."""
    [(alpha, beta)] = world.query(
        "select alpha, beta from intermediate.int_sbg_fits where segment = 'g22'"
    )
    assert (alpha, beta) == (pytest.approx(0.668, abs=1e-3), pytest.approx(3.806, abs=1e-3))
    projected = dict(
        world.query(
            "select period_number, share_alive from intermediate.int_sbg_lifetimes"
            " where segment = 'g22'"
        )
    )
    assert projected[8] == pytest.approx(0.460, abs=1e-3)
    for year, share in zip(range(8, 13), (0.460, 0.436, 0.414, 0.395, 0.378), strict=True):
        later = np.prod([(beta + t - 1) / (alpha + beta + t - 1) for t in range(1, year + 1)])
        assert later == pytest.approx(share, abs=1e-3)
    [(remaining,)] = world.query(
        "select remaining_periods from intermediate.int_sbg_lifetimes"
        " where segment = 'g22' and period_number = 7"
    )
    assert remaining == pytest.approx(7.530, abs=1e-3)


def test_the_grid_finds_what_scipy_finds(world: World, lives: dict) -> None:
    found = {
        segment: values
        for segment, *values in world.query(
            "select segment, alpha, beta, log_likelihood, reason from intermediate.int_sbg_fits"
        )
    }
    fitted = 0
    for name, (at_risk, lost) in lives.items():
        alpha, beta, likelihood, reason = found[name]
        if reason:
            assert at_risk[0] < MIN_N or not sum(lost) or len(at_risk) < 2
            continue
        best = _best_of_scipy(tuple(at_risk), tuple(lost))
        assert likelihood == pytest.approx(best[2], abs=1e-4), name
        if best[1] < 1e4:  # beyond, customers hardly differ and the likelihood is flat
            assert (alpha, beta) == pytest.approx(best[:2], rel=5e-3), name
        fitted += 1
    assert fitted > 30


def test_cells_that_share_parts_of_their_keys_have_fits_of_their_own(
    world: World, lives: dict
) -> None:
    found = {
        tuple(values[:3]): (tuple(values[3:6]), tuple(values[6:]))
        for values in world.query(
            "select product_key, segment_scheme, segment, n, lost_count, period_count, alpha, beta,"
            " log_likelihood from intermediate.int_sbg_fits where scope = 'product'"
        )
    }
    assert found.keys() == NEIGHBOURS.keys()
    for key, counts in NEIGHBOURS.items():
        at_risk, lost = zip(*counts, strict=True)
        assert found[key][0] == (at_risk[0], sum(lost), len(counts))
        assert found[key][1] == pytest.approx(_best_of_scipy(at_risk, lost), rel=1e-3), key


def test_naive_lifetime_is_shorter_than_what_survivors_live(world: World, lives: dict) -> None:
    """METRICS 3.4: one over the first period's churn forgets that who stays leaves less easily."""
    naive = 1 / (131 / 1000)
    [(alpha, beta)] = world.query(
        "select alpha, beta from intermediate.int_sbg_fits where segment = 'g22'"
    )
    alive = np.cumprod([(beta + t - 1) / (alpha + beta + t - 1) for t in range(1, 101)])
    assert 1 + alive.sum() > 2 * naive


def test_lifetime_of_a_new_customer_is_its_discounted_survival(world: World, lives: dict) -> None:
    found = world.query(
        "select alpha, beta, new_customer_periods from intermediate.int_sbg_fits as fits"
        " inner join intermediate.int_sbg_lifetimes as lifetimes"
        " on fits.segment = lifetimes.segment where period_number = 0"
        " and fits.scope = 'portfolio' and lifetimes.scope = 'portfolio'"
    )
    assert len(found) > 200
    for alpha, beta, periods in found:
        assert periods == pytest.approx(_new_customer_periods(alpha, beta), rel=1e-9)


def test_lifetimes_of_samples_scatter_around_the_true_one(world: World, lives: dict) -> None:
    found = world.query(
        "select new_customer_periods from intermediate.int_sbg_lifetimes"
        " where segment like 'same%' and period_number = 0"
    )
    estimates = np.array([periods for (periods,) in found])
    assert len(estimates) == SAMPLES
    truth = _new_customer_periods(*TRUTH)
    assert estimates.mean() == pytest.approx(truth, rel=0.03)
    # with 400 customers one estimate is within about a tenth
    assert np.std(estimates) < 0.08 * truth
    naive = [at_risk[0] / lost[0] for name, (at_risk, lost) in lives.items() if "same" in name]
    assert np.mean(naive) > 1.2 * truth  # one over the first period's churn: no discount, no end


#: Alpha, beta and the number of periods seen, of cells that differ in one part of their key.
SHORT = {
    ("p", "all", "all"): (1.0, 2.0, 1),
    ("q", "all", "all"): (2.0, 1.0, 2),
    ("p", "size", "all"): (0.5, 3.0, 3),
    ("p", "size", "small"): (0.25, 0.5, 0),
}


def test_a_horizon_of_whole_periods_is_discounted_by_the_year(
    make_world: Callable[..., World],
) -> None:
    """19 months are three half years; money of a year on is worth 1 / 1.21, of half a year 1 / 1.1.

    The next period counts in full; of a new customer the first, which it has paid already.
    """
    months = {"ltv_period_months": 6.0, "ltv_horizon_months": 19.0, "ltv_discount_rate": 0.21}
    made = make_world(
        {},
        {"metric_parameters": [{"parameter": key, "value_number": months[key]} for key in months]},
    )
    made.build("+int_sbg_lifetimes")
    rows = [
        f"('product', '{product}', '{scheme}', '{segment}', 9, 3, {periods}, {alpha}, {beta}, 0,"
        " null)"
        for (product, scheme, segment), (alpha, beta, periods) in SHORT.items()
    ]
    rows.append("('product', 'r', 'all', 'all', 9, 0, 1, null, null, null, 'nobody has left yet')")
    made.execute(f"insert into intermediate.int_sbg_fits values {', '.join(rows)}")
    made.build("int_sbg_lifetimes")
    found = {
        tuple(values[:4]): [value for value in values[4:] if value is not None]
        for values in made.query(
            "select product_key, segment_scheme, segment, period_number, share_alive,"
            " remaining_periods, new_customer_periods from intermediate.int_sbg_lifetimes"
        )
    }
    expected = {}
    for key, (alpha, beta, periods) in SHORT.items():
        alive = [1.0]
        for t in range(1, periods + 5):
            alive.append(alive[-1] * (beta + t - 1) / (alpha + beta + t - 1))
        for now in range(periods + 2):
            ahead = sum(alive[now + k] / 1.1 ** (k - 1) for k in (1, 2, 3)) / alive[now]
            # a newcomer has paid the first period of the three, which is not discounted
            new = [] if now else [sum(alive[k] / 1.1**k for k in (0, 1, 2))]
            expected[(*key, now)] = [alive[now], ahead, *new]
    assert found.keys() == expected.keys()
    for key, values in expected.items():
        assert found[key] == pytest.approx(values, rel=1e-9), key
