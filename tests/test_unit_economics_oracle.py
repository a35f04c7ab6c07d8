"""What customers cost and are worth on random worlds, against the definitions asked one by one."""

from collections import defaultdict
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import World
from economics_oracle import LAST, Economics, months_between, shift
from economics_rows import told, why_no_median
from economics_world import CATEGORIES, random_economics
from raw_world import DEFAULT_REGISTRY, build_raw_world
from revenue_world import PAST_DUE_DAYS

from dagster_project.resources.settings import Settings

# brute-force oracles on random worlds: minutes of dbt builds
pytestmark = pytest.mark.prove

MARGINS = {"atlas": 0.8, "beacon": 0.55}
COSTS = {
    "hosting_share": 0.07,
    "customer_success_share": 0.05,
    "payment_fee_share": 0.02,
    "support_cost_per_hour": 50.0,
    "support_minutes_per_touch": 12.0,
}
MIN_N = 8
# the seed of the world in which salaries are recorded to April only
STOPS = 11
PARAMETERS = COSTS | {"past_due_days": PAST_DUE_DAYS, "min_n": MIN_N, "kpi_months": 4}
PERIODS = [shift(LAST, -back) for back in range(4)]
CELLS = [
    (scope, item, scheme, segment)
    for scope, item in (("portfolio", ""), ("product", "atlas"), ("product", "beacon"))
    for scheme, segment in (
        ("all", "all"),
        ("industry", "software"),
        ("industry", "retail"),
        ("industry", "unknown"),
    )
]
KEY = "scope, coalesce(product_id, ''), segment_scheme, segment, period_month"


@pytest.fixture(scope="module", params=[3, STOPS])
def oracle(request: pytest.FixtureRequest) -> Economics:
    billing = random_economics(60, request.param)
    if request.param == STOPS:
        spend = billing.rows["marketing.spend"]
        spend[:] = [
            row
            for row in spend
            if row["category"] != "people" or row["spend_date"] < date(2030, 5, 1)
        ]
    return Economics(billing, MARGINS, MIN_N)


@pytest.fixture(scope="module")
def world(oracle: Economics, tmp_path_factory: pytest.TempPathFactory, dbt_state: Path) -> World:
    folder = tmp_path_factory.mktemp("economics")
    (folder / "dbt").symlink_to(dbt_state)
    settings = Settings(icp_home=folder, data_dir=folder, sources_dir=folder)
    parameters = [
        {"parameter": name, "value_number": float(value)} for name, value in PARAMETERS.items()
    ]
    parameters.append({"parameter": "value_scheme", "value_text": "industry"})
    products = [
        item | {"gross_margin": MARGINS[item["product_id"]]}
        for item in DEFAULT_REGISTRY["products"]
    ]
    registry = {"metric_parameters": parameters, "products": products}
    build_raw_world(settings.warehouse, oracle.world.rows, registry)
    made = World(settings)
    made.build("+segment_cac", "+account_value", "+fct_mrr_movements", "+fct_spend_months")
    return made


def _marts(world: World, columns: str, where: str = "true") -> dict:
    found = world.query(f"select {KEY}, {columns} from marts.segment_cac where {where}")
    return {tuple(row[:5]): row[5:] for row in found}


def test_data_tests_hold_on_the_random_world(world: World) -> None:
    outcome = world.dbt(
        "test", "--exclude-resource-type", "unit_test", "--select", "segment_cac", "account_value"
    )
    assert outcome.success, [f"{node.name}: {node.message}" for node in outcome.failed]


def test_every_amount_reaches_the_segment_that_it_belongs_to(
    world: World, oracle: Economics
) -> None:
    found: dict = defaultdict(float)
    for *cell, month, category, spend in world.query(
        "select scope, product_key, segment_scheme, segment, period_month, category, spend"
        " from intermediate.int_segment_spend where segment_scheme in ('all', 'industry')"
    ):
        found[tuple(cell), month, category] += float(spend)
    expected = oracle.spend
    for key in found.keys() | expected.keys():
        # each of a few amounts is rounded to the cent
        assert found.get(key, 0) == pytest.approx(expected.get(key, 0), abs=0.06), key
    total = sum(row["amount"] for row in oracle.world.rows["marketing.spend"])
    for scheme in ("all", "industry", "size"):
        [(charged,)] = world.query(
            "select sum(spend) from intermediate.int_segment_spend"
            f" where scope = 'portfolio' and segment_scheme = '{scheme}'"
        )
        assert float(charged) == pytest.approx(total, abs=1e-6)


@pytest.mark.parametrize("definition", ["cac_paid", "cac_marketing", "cac_fully_loaded"])
@pytest.mark.parametrize("lag_definition", ["cac_lag0", "cac_cycle_lag"])
def test_cost_equals_spend_over_wins(
    world: World, oracle: Economics, definition: str, lag_definition: str
) -> None:
    found = _marts(
        world,
        "spend, new_logos, cac, coalesce(lag_months, 0), coalesce(reason, '')",
        f"metric_definition = '{definition}' and lag_definition = '{lag_definition}'",
    )
    for cell, period in product(CELLS, PERIODS):
        spend, logos, cac, lag, reason = found[*cell, period]
        expected_lag = oracle.lag(cell, period) if lag_definition == "cac_cycle_lag" else 0
        expected, wins = oracle.cac(cell, period, definition, expected_lag)
        if expected or wins:
            assert lag == expected_lag, (cell, period)
        assert float(spend) == pytest.approx(expected, abs=0.5), (cell, period)
        assert logos == wins, (cell, period)
        unrecorded = reason.startswith("spend not recorded")
        assert (cac is None) == (not wins or not spend or unrecorded)
        if cac is not None:
            assert cac == pytest.approx(expected / wins, rel=1e-3, abs=0.5)


def test_lifetime_value_and_simple_payback_follow_the_definition(
    world: World, oracle: Economics
) -> None:
    found = _marts(
        world,
        "ltv, churned_customers, gross_margin, new_customers, new_mrr_per_customer, payback_months,"
        " cac, ltv_cac, new_logos",
        "metric_definition = 'cac_fully_loaded' and lag_definition = 'cac_lag0'",
    )
    compared = 0
    for cell, period in product(CELLS, PERIODS):
        ltv, lost, margin, new, new_mrr, payback, cac, ltv_cac, logos = found[*cell, period]
        profit, mrr, expected_lost = oracle.ltv(cell, period, 6)
        starts = [
            months[min(months)][0]
            for months in oracle.payers(cell)
            if 0 <= months_between(min(months), period) < 12
        ]
        assert (lost, new) == (expected_lost, len(starts)), (cell, period)
        if not lost:
            assert ltv is None
        else:
            assert ltv == pytest.approx(profit / lost, rel=1e-9)
        assert margin == pytest.approx(profit / mrr, rel=1e-9)
        if starts:
            assert new_mrr == pytest.approx(sum(starts) / len(starts), rel=1e-9)
        if payback is not None:
            assert payback == pytest.approx(cac / (new_mrr * margin), rel=1e-9)
            compared += 1
        assert (ltv_cac is None) == (ltv is None or cac is None or logos < MIN_N)
        if ltv_cac is not None:
            assert ltv_cac == pytest.approx(ltv / cac, rel=1e-9)
    assert compared > 20


def test_every_row_has_its_bounds_and_says_what_it_lacks(world: World, oracle: Economics) -> None:
    months = defaultdict(list)
    for row in oracle.world.rows["marketing.spend"]:
        months[row["category"]].append(row["spend_date"].replace(day=1))
    recorded = {name: (min(months[name]), max(months[name])) for name in CATEGORIES}
    columns = [
        name for (name,) in world.query("select column_name from (describe marts.segment_cac)")
    ]
    rows = [dict(zip(columns, row, strict=True)) for row in world.query("from marts.segment_cac")]
    seen = set()
    for row in rows:
        for name, expected in told(row, MIN_N, recorded).items():
            assert row[name] == (pytest.approx(expected) if expected else expected), (name, row)
        median_reason = why_no_median(row)
        assert (row["payback_empirical_reason"] is None) == (median_reason is None), row
        assert (row["payback_empirical_reason"] or "").startswith(median_reason or ""), row
        seen |= {row["reason"], row["ltv_cac_reason"]}
    assert len(seen) > 5
    count = 3 * len(PERIODS) * 3 * 2  # scopes, months, definitions, lags
    assert len(rows) == count * len(
        world.query(
            """
            select 'all', 'all' union select segment_scheme, segment from marts.dim_segments
            union select segment_scheme, unnest(['unknown', 'unallocated']) from marts.dim_segments
            where segment_scheme <> 'all'
            union select distinct segment_scheme, 'existing_customers' from marts.dim_segments
            union select 'all', 'existing_customers'
            """
        )
    )


def test_empirical_payback_is_the_median_of_lifelines(world: World, oracle: Economics) -> None:
    found = _marts(
        world,
        "payback_empirical, payback_empirical_ci_low, payback_empirical_ci_high,"
        " followed_customers",
        "metric_definition = 'cac_marketing' and lag_definition = 'cac_lag0'",
    )
    compared = 0
    for cell, period in product(CELLS, PERIODS):
        costs = dict(
            world.query(
                "select period_month, spend / cast(logo_count as double)"
                " from intermediate.int_segment_cac where logo_count > 0 and spend > 0"
                f" and scope = '{cell[0]}' and product_key = '{cell[1]}'"
                f" and segment_scheme = '{cell[2]}' and segment = '{cell[3]}'"
                " and metric_definition = 'cac_marketing' and lag_definition = 'cac_lag0'"
            )
        )
        curve = oracle.payback_curve(cell, period, costs.get)
        value, low, high, followed = found[*cell, period]
        if curve is None:
            assert value is None
            assert followed == 0
            continue
        assert followed == curve.event_observed.size
        lower, upper = (curve.confidence_interval_.iloc[:, side] for side in (0, 1))
        expected = [_reaches_half(share) for share in (curve.survival_function_, lower, upper)]
        assert [value, low, high] == expected, (cell, period)
        compared += value is not None
    assert compared > 5


def _reaches_half(shares: pd.DataFrame | pd.Series) -> float | None:
    """Give the first month by which a curve is at one half; lifelines' own answer misses ties."""
    values = np.asarray(shares).ravel()
    reached = np.asarray(shares.index)[values <= 0.5 + 1e-9]
    return float(reached[0]) if reached.size else None


def test_account_value_adds_up_customer_by_customer(world: World, oracle: Economics) -> None:
    found = {
        row[0]: row[1:]
        for row in world.query(
            "select customer_id, segment, ltv_observed, ltv_simple, revenue_to_date,"
            " recent_revenue, support_cost, cost_to_serve, gm_to_serve, current_mrr"
            " from marts.account_value"
        )
    }
    payers = {key[2]: months for key, months in oracle.paid.items() if key[0] == "portfolio"}
    assert found.keys() == payers.keys()
    minutes = oracle.support_minutes(COSTS["support_minutes_per_touch"])
    for customer, months in payers.items():
        segment, observed, simple, revenue, recent, support, cost, margin, mrr = found[customer]
        assert segment == oracle.segment(customer, "industry")
        # half a cent a month may be rounded either way
        cents = 0.01 * len(months) + 1e-6
        assert float(revenue) == pytest.approx(sum(m for m, _ in months.values()), abs=cents)
        assert float(observed) == pytest.approx(sum(p for _, p in months.values()), abs=cents)
        last_year = {month: money for month, money in months.items() if month > shift(LAST, -12)}
        assert float(recent) == pytest.approx(sum(m for m, _ in last_year.values()), abs=cents)
        assert float(support) == pytest.approx(minutes[customer] / 60 * 50, abs=0.006)
        expected = float(support) + sum(
            round(float(recent) * COSTS[name], 2)
            for name in ("hosting_share", "customer_success_share", "payment_fee_share")
        )
        assert float(cost) == pytest.approx(expected, abs=0.02)
        if recent:
            assert margin == pytest.approx(1 - float(cost) / float(recent), abs=1e-9)
        now = months.get(LAST, (0.0, 0.0))
        assert float(mrr) == pytest.approx(now[0], abs=0.011)
        cell = ("portfolio", "", "industry", segment)
        _, _, lost = oracle.ltv(cell, LAST, 6)
        exposed = sum(
            shift(LAST, -back - 1) in other for other in oracle.payers(cell) for back in range(1, 7)
        )
        if simple is not None:
            assert simple == pytest.approx(now[1] * exposed / lost, rel=1e-4)
        else:
            assert not now[0] or not lost


def test_lives_are_counted_as_by_hand(world: World, oracle: Economics) -> None:
    found: dict = defaultdict(dict)
    for *cell, period, at_risk, lost in world.query(
        "select scope, product_key, segment_scheme, segment, period_number, at_risk_count,"
        " lost_count from intermediate.int_sbg_observations"
    ):
        found[tuple(cell)][period] = (at_risk, lost)
    for cell in CELLS:
        expected: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        for months in oracle.payers(cell):
            month = min(months)
            for age in range(1, months_between(min(months), LAST) + 1):
                month = shift(month, 1)
                expected[age][0] += 1
                if month not in months:
                    expected[age][1] += 1
                    break
        assert found[cell] == {age: tuple(counts) for age, counts in expected.items()}
