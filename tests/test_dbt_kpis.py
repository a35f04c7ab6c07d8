"""KPIs of a random world against the textbook's arithmetic, and what is said without input."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from itertools import product
from pathlib import Path

import pytest
from conftest import World
from kpi_world import (
    CATEGORIES,
    LAST,
    MONTH_ENDS,
    MONTHS,
    Rows,
    closed_by_cell,
    median_with_bounds,
    prior_strength,
    random_kpi_rows,
    starts,
    upper_quarter_with_bounds,
    wilson,
)
from raw_world import DEFAULT_REGISTRY, build_raw_world
from scipy.stats import binom

from dagster_project.resources.settings import Settings

# brute-force oracles on random worlds: minutes of dbt builds
pytestmark = pytest.mark.prove

PRODUCTS = [
    {
        "product_id": name,
        "product_name": name.title(),
        "value_event": f"{name}_report_shared",
        "clock_start": "contract_start",
    }
    for name in ("atlas", "beacon")
]
CELLS = list(product(("all", "industry"), (None, "atlas", "beacon")))
MODELS = (
    "+segment_kpis",
    "+cohort_retention",
    "+metric_bridge",
    "+fct_opportunities",
    "+fct_spend_months",
    "+icp_matches",
    "+product_icp_scores",
    "+dim_accounts",
)


@pytest.fixture(scope="module")
def rows() -> Rows:
    made = random_kpi_rows(accounts=60, seed=7)
    # usage is recorded before the first start, so that every start can be judged
    seen = {"event_id": "first", "account_key": "nobody", "event_name": "page_seen"}
    seen |= {"occurred_at": "2029-03-01 10:00:00", "product_id": "atlas", "event_count": 1}
    made["product.events"].append(seen)
    # the one small customer, with two deals, both won: the best segment, says a ranking
    for account in made["crm.accounts"]:
        account["employees"] = 500
    made["crm.accounts"].append({"account_id": "small", "industry": None, "employees": 10})
    for number in (1, 2):
        deal = {"opportunity_id": f"small{number}", "account_id": "small", "product_id": "atlas"}
        deal |= {"opportunity_type": "new", "stage": "won", "is_closed": True, "is_won": True}
        deal |= {"created_at": date(2030, 5, 1), "close_date": date(2030, 6, 20), "amount": 100.0}
        made["crm.opportunities"].append(deal | {"lead_source": "ads"})
    return made


@pytest.fixture(scope="module")
def world(rows: Rows, tmp_path_factory: pytest.TempPathFactory, dbt_state: Path) -> World:
    folder = tmp_path_factory.mktemp("kpis")
    (folder / "dbt").symlink_to(dbt_state)
    settings = Settings(icp_home=folder, data_dir=folder, sources_dir=folder)
    registry = {
        "products": PRODUCTS,
        "metric_parameters": [
            {"parameter": "kpi_months", "value_number": 3.0},
            {"parameter": "min_n", "value_number": 20.0},
        ],
    }
    build_raw_world(settings.warehouse, rows, registry)
    made = World(settings)
    made.build(*MODELS)
    return made


def test_unit_and_data_tests_pass(world: World) -> None:
    ours = ("segment_kpis", "cohort_retention", "fct_opportunities", "icp_scores")
    selected = [f"test_type:unit,+{name}" for name in (*ours, "product_icp_scores")]
    # many small rows that only mutants need run in `make prove`
    outcome = world.dbt("test", "--exclude", "tag:boundary", "--select", *ours, *selected)
    assert outcome.success, [f"{node.name}: {node.message}" for node in outcome.failed]
    names = {node.name for node in outcome.results}
    assert {"segment_kpis_segments_add_up", "win_rate_of_the_published_example"} <= names
    assert {"starts_before_recording_are_not_judged", "tiers_have_gates_and_memory"} <= names


def _kpis(
    world: World, metric: str, scheme: str = "all", product: str | None = None
) -> dict[tuple[str, date], tuple]:
    scope = f"product_id = '{product}'" if product else "scope = 'portfolio'"
    found = world.query(
        "select segment, period_month, value, n, ci_low, ci_high from marts.segment_kpis"
        f" where metric = '{metric}' and segment_scheme = '{scheme}' and {scope}"
        " and value is not null"
    )
    return {(segment, month): tuple(rest) for segment, month, *rest in found}


@pytest.mark.parametrize(("scheme", "product"), CELLS)
def test_win_rates_follow_the_segment_and_the_window(
    world: World, rows: Rows, scheme: str, product: str | None
) -> None:
    expected = {}
    for cell, deals in closed_by_cell(rows, scheme, product).items():
        won = sum(deal["is_won"] for deal in deals)
        expected[cell] = (won / len(deals), len(deals), *wilson(won, len(deals)))
    found = _kpis(world, "win_rate", scheme, product)
    assert found.keys() == expected.keys()
    for key, values in expected.items():
        assert found[key] == pytest.approx(values, abs=1e-9)


@pytest.mark.parametrize(("scheme", "product"), CELLS)
def test_cycle_is_the_median_and_upper_quarter_of_the_won(
    world: World, rows: Rows, scheme: str, product: str | None
) -> None:
    medians = _kpis(world, "sales_cycle_days", scheme, product)
    quarters = _kpis(world, "sales_cycle_p75_days", scheme, product)
    for cell, deals in closed_by_cell(rows, scheme, product).items():
        days = [(deal["close_date"] - deal["created_at"]).days for deal in deals if deal["is_won"]]
        if not days:
            assert cell not in medians
            continue
        middle, low, high = median_with_bounds(days)
        assert medians[cell] == (middle, len(days), low, high)
        quarter, low, high = upper_quarter_with_bounds(days)
        assert quarters[cell] == pytest.approx((quarter, len(days), low, high))


def test_order_statistics_cover_the_median_as_promised() -> None:
    for n in range(1, 400):
        values = list(range(1, n + 1))
        _, low, high = median_with_bounds(values)
        if low is not None:
            # the median lies in [x(low), x(high)] unless too few members fall on one side of it
            coverage = binom.cdf(high - 1, n, 0.5) - binom.cdf(low - 1, n, 0.5)
            assert coverage > 0.94, n


def test_share_by_day_90_counts_only_those_whose_days_are_over(world: World, rows: Rows) -> None:
    found = _kpis(world, "time_to_value_90d")
    for month in MONTHS:
        mature = []
        for start, value, _ in starts(rows):
            over = date.fromordinal(start.toordinal() + 90)
            if over <= MONTH_ENDS[month] and over.replace(year=over.year + 1) > MONTH_ENDS[month]:
                mature.append(value is not None and (value - start).days <= 90)
        expected = (sum(mature) / len(mature), len(mature), *wilson(sum(mature), len(mature)))
        assert found["all", month] == pytest.approx(expected, abs=1e-9)


def test_spend_is_neither_lost_nor_multiplied(world: World) -> None:
    found = world.query(
        "select segment_scheme, sum(numerator) from marts.segment_kpis"
        " where metric_definition = 'cac_fully_loaded' and scope = 'portfolio'"
        " and period_month = '2030-06-01' group by segment_scheme"
    )
    total = sum(100.0 * month for month in range(1, 7)) * len(CATEGORIES)
    [(other,)] = world.query(
        "select cast(sum(spend) as double) from intermediate.int_segment_spend"
        " where scope = 'portfolio' and segment_scheme = 'all' and segment = 'existing_customers'"
    )
    assert 0 < other < total  # effort on renewals is no cost of new customers
    assert dict(found) == pytest.approx(dict.fromkeys(("all", "industry", "size"), total - other))


def test_cost_is_spend_by_customers_won_for_the_first_time(world: World, rows: Rows) -> None:
    first_wins: dict[str, date] = {}
    for deal in rows["crm.opportunities"]:
        if deal["is_won"] and deal["opportunity_type"] == "new":
            who = deal["account_id"] or deal["opportunity_id"]
            first_wins[who] = min(first_wins.get(who, LAST), deal["close_date"])
    # spend is recorded since January: earlier wins would look free
    logos = sum(day >= date(2030, 1, 1) for day in first_wins.values())
    [(value, numerator, denominator)] = world.query(
        "select value, numerator, denominator from marts.segment_kpis"
        " where metric_definition = 'cac_marketing' and segment_scheme = 'all'"
        " and scope = 'portfolio' and period_month = '2030-06-01'"
    )
    assert (numerator, denominator) == (6_300, logos)
    assert value == pytest.approx(6_300 / logos)


def test_few_members_are_shown_and_flagged(world: World) -> None:
    found = world.query("select distinct n >= 20, is_reliable from marts.segment_kpis where n > 0")
    assert (True, True) in found
    assert (False, False) in found
    assert (False, True) not in found


def test_shrunk_shares_lie_between_the_share_and_the_pooled_one(world: World) -> None:
    pooled = {month: value for (_, month), (value, *_) in _kpis(world, "win_rate").items()}
    for month, value, shrunk in world.query(
        "select period_month, value, shrunk_value from marts.segment_kpis where metric = 'win_rate'"
        " and scope = 'portfolio' and segment_scheme = 'industry' and value is not null"
    ):
        low, high = sorted((value, pooled[month]))
        assert low - 1e-9 <= shrunk <= high + 1e-9


def test_shrinkage_follows_the_method_of_moments(world: World) -> None:
    groups = defaultdict(list)
    for *group, successes, trials, shrunk in world.query(
        "select scope, product_id, segment_scheme, period_month, metric_definition,"
        " numerator, denominator, shrunk_value from marts.segment_kpis where denominator > 0"
        " and shrunk_value is not null"
    ):
        groups[tuple(group)].append((successes, trials, shrunk))
    kinds = set()
    for cells in groups.values():
        strength, pooled = prior_strength(cells)
        kinds.add(strength is None)
        for s, n, shrunk in cells:
            expected = pooled if strength is None else (s + strength * pooled) / (n + strength)
            assert shrunk == pytest.approx(expected, abs=1e-9)
    assert kinds == {True, False}


def test_two_of_two_is_no_best_segment(world: World) -> None:
    """METRICS T37: a ranking by value puts first who has hardly a case, and calls it better."""
    ranked = (
        "select segment, value, n, ci_low, ci_high, shrunk_value, is_reliable"
        " from marts.segment_kpis where metric = 'win_rate' and scope = 'portfolio'"
        " and segment_scheme = 'size' and period_month = '2030-06-01' and value is not null {}"
        " order by value desc limit 1"
    )
    [(best, value, n, low, high, shrunk, is_reliable)] = world.query(ranked.format(""))
    assert (best, value, n, high, is_reliable) == ("small", 1, 2, 1, False)
    [(reliable, other, _, other_low, _, other_shrunk, _)] = world.query(
        ranked.format("and is_reliable")
    )
    assert reliable == "large"
    # the interval says how little two cases tell, and the shrunken share does not believe them
    assert other_low < other < value
    assert low == pytest.approx(wilson(2, 2)[0]) and low < 0.4
    assert shrunk - other_shrunk < (value - other) / 2


def test_without_input_every_metric_says_so(make_world: Callable[..., World]) -> None:
    paying = {"segment_scheme": "value_tier", "attribute": "current_mrr", "operator": "between"}
    bare = make_world(
        {"crm.accounts": [{"account_id": "A1", "industry": "retail"}]},
        {
            "segment_schemes": DEFAULT_REGISTRY["segment_schemes"]
            + [
                {"segment_scheme": "value_tier", "scheme_kind": "value"},
                {"segment_scheme": "seat_band", "scheme_kind": "behavioural"},
            ],
            "segment_rules": DEFAULT_REGISTRY["segment_rules"]
            + [
                paying | {"segment": "paying", "value_low": 0.01, "sort_order": 1},
                paying
                | {"segment_scheme": "seat_band", "attribute": "seats"}
                | {"segment": "some", "sort_order": 1},
            ],
        },
    )
    bare.build("+segment_kpis", "+cohort_retention", "+bridge_account_segments")
    schemes = bare.query("select distinct segment_scheme from marts.segment_kpis order by 1")
    # of seats nobody knows the past; of MRR everybody's is unknown
    assert schemes == [("all",), ("industry",), ("size",), ("value_tier",)]
    found = bare.query(
        "select distinct segment from marts.bridge_account_segments"
        " where segment_scheme = 'value_tier'"
    )
    assert found == [("unknown",)]
    assert bare.query("select count(*) from marts.cohort_retention") == [(0,)]
    reasons: dict[str, set[str]] = defaultdict(set)
    for metric, reason in bare.query("select distinct metric, reason from marts.segment_kpis"):
        reasons[metric].add(reason)
    assert reasons == {
        "logo_retention": {"no subscriptions loaded"},
        "grr": {"no subscriptions loaded"},
        "nrr": {"no subscriptions loaded"},
        "customer_churn": {"no subscriptions loaded"},
        "gross_mrr_churn": {"no subscriptions loaded"},
        "net_mrr_churn": {"no subscriptions loaded"},
        "reactivation_rate": {"no subscriptions loaded"},
        "early_churn": {"no subscriptions loaded", "no usage loaded"},
        "win_rate": {"no opportunities loaded"},
        "sales_cycle_days": {"no opportunities loaded"},
        "cac": {"no spend loaded"},
        "ltv": {"no subscriptions loaded"},
        "ltv_sbg": {"no subscriptions loaded"},
        "payback_months": {"no spend loaded"},
        "ltv_cac": {"no spend loaded"},
        "time_to_value_90d": {"no usage loaded"},
        "time_to_value_days": {"no usage loaded"},
        "time_to_win_days": {"no opportunities loaded"},
        "sales_cycle_p75_days": {"no opportunities loaded"},
        "win_rate_by_value": {"no opportunities loaded"},
        "win_rate_created": {"no opportunities loaded"},
        "pipeline_deals": {"no opportunities loaded"},
        "average_deal_value": {"no opportunities loaded"},
        "pipeline_velocity": {"no opportunities loaded"},
        "time_to_churn_days": {"no subscriptions loaded"},
        **{f"win_probability_{day}d": {"no opportunities loaded"} for day in (30, 60, 90, 180)},
        **{f"value_probability_{day}d": {"no usage loaded"} for day in (30, 60, 90, 180)},
        **{f"churn_probability_{day}d": {"no subscriptions loaded"} for day in (90, 180, 365)},
        "first_reply_within_target": {"no tickets loaded"},
        "first_reply_minutes": {"no tickets loaded"},
        "first_reply_open_minutes": {"no tickets and support hours loaded"},
        "resolution_minutes": {"no tickets loaded"},
        "csat": {"no tickets loaded", "no surveys loaded"},
        "tickets_per_1000_mrr": {"no tickets loaded"},
        "tickets_per_customer": {"no tickets loaded"},
        "tickets_per_active_seat": {"no tickets and usage loaded"},
        "nps": {"no surveys loaded"},
        "nps_coverage": {"no surveys loaded"},
        "active_customers_share": {"no usage loaded"},
        "stickiness": {"no usage loaded"},
        "first_value_coverage": {"no usage loaded"},
        "activation_rate": {"no usage loaded"},
        "trial_to_paid": {"no trials loaded"},
    }
