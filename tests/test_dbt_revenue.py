"""Revenue, movements and retention of a random world against brute force, and the known traps."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import World
from interval_arithmetic import Bounds
from raw_world import build_raw_world
from retention_bounds import expected_bounds
from retention_oracle import Paid, all_rates, cohort_chain, cohort_retention, compounded_bounds
from revenue_traps import TRAPS
from revenue_world import (
    PAST_DUE_DAYS,
    Billing,
    brute_force_movements,
    brute_force_mrr,
    by_customer,
    month_ends,
    random_billing,
)

from dagster_project.resources.settings import Settings

MODELS = (
    "+cohort_retention",
    "+metric_bridge",
    "+int_kpi_mrr_movements",
    "+int_revenue_rejected_rows",
)
#: Their dbt unit tests are the golden cases and the values of the parameters.
JUDGED = (
    "stg_billing__subscription_status_history",
    "int_fx_rates",
    "int_subscription_terms",
    "int_subscription_unpaid_periods",
    "int_subscription_item_checks",
    "int_subscription_items",
    "int_retention_sums",
    "int_kpi_mrr_movements",
    "int_bridge_chains",
    "metric_bridge",
)
KPI_MODELS = ("int_kpi_retention", "int_kpi_mrr_movements", "int_kpi_compounded")
CAUTIOUS = ("--indirect-selection", "cautious")
#: The portfolio; and a product, whose cells are smaller.
PRODUCTS = (None, pytest.param("beacon", marks=pytest.mark.prove))
PARAMETERS = [{"parameter": "past_due_days", "value_number": float(PAST_DUE_DAYS)}]


@pytest.fixture(scope="module")
def billing() -> Billing:
    return random_billing(customers=70, seed=20300630)


@pytest.fixture(scope="module")
def world(billing: Billing, tmp_path_factory: pytest.TempPathFactory, dbt_state: Path) -> World:
    folder = tmp_path_factory.mktemp("revenue")
    (folder / "dbt").symlink_to(dbt_state)
    settings = Settings(icp_home=folder, data_dir=folder, sources_dir=folder)
    build_raw_world(settings.warehouse, billing.rows, {"metric_parameters": PARAMETERS})
    made = World(settings)
    made.build(*MODELS)
    return made


def test_the_identities_hold_on_the_random_world(world: World) -> None:
    outcome = world.dbt(
        "test", *CAUTIOUS, "--select", "fct_mrr_movements", "fct_mrr_product_movements"
    )
    assert outcome.success, [node.message for node in outcome.failed]
    names = {node.name for node in outcome.results}
    assert {"fct_mrr_movements_total_balances", "fct_mrr_movements_products_add_up"} <= names


def test_golden_cases_and_every_value_of_a_parameter(world: World) -> None:
    outcome = world.dbt("test", "--select", *(f"test_type:unit,{model}" for model in JUDGED))
    assert outcome.success, [f"{node.name}: {node.message}" for node in outcome.failed]
    names = {node.name for node in outcome.results}
    assert {"churn_of_the_published_examples", "usage_items_are_committed"} <= names
    assert {"churn_date_is_cancelled_at", "rates_of_the_fiscal_year"} <= names
    assert "statuses_in_the_words_of_billing_systems" in names


def test_every_customer_month_equals_brute_force(world: World, billing: Billing) -> None:
    expected = {
        (customer, *step)
        for customer, paid in by_customer(brute_force_mrr(billing)).items()
        for step in brute_force_movements(paid)
    }
    found = world.query(
        "select customer_id, period_month, opening_mrr, movement, closing_mrr"
        " from marts.fct_mrr_movements"
    )
    assert set(found) == expected
    assert len(found) == len(expected)


def test_every_movement_occurs_in_the_random_world(world: World) -> None:
    found = world.query("select distinct movement from marts.fct_mrr_movements")
    kinds = {"new", "reactivation", "expansion", "contraction", "churn", "none"}
    assert {kind for (kind,) in found} == kinds


def test_product_months_equal_brute_force(world: World, billing: Billing) -> None:
    expected = {
        (*key, *step)
        for key, paid in brute_force_mrr(billing).items()
        for step in brute_force_movements(paid)
    }
    found = world.query(
        "select customer_id, product_id, period_month, opening_mrr,"
        " case movement when 'cross_sell' then 'new' else movement end, closing_mrr"
        " from marts.fct_mrr_product_movements"
    )
    assert set(found) == expected


def test_cross_sell_is_a_first_product_beside_a_paid_one(world: World, billing: Billing) -> None:
    mrr = brute_force_mrr(billing)
    totals = by_customer(mrr)
    months = [month for month, _ in month_ends()]
    expected = set()
    for (customer, product), paid in mrr.items():
        first = months.index(min(paid))
        if first and totals[customer].get(months[first - 1], 0) > 0:
            expected.add((customer, product, months[first]))
    found = world.query(
        "select customer_id, product_id, period_month from marts.fct_mrr_product_movements"
        " where movement = 'cross_sell'"
    )
    assert set(found) == expected
    assert expected


def _scope(product: str | None) -> str:
    return f"product_id = '{product}'" if product else "scope = 'portfolio'"


def _paid(billing: Billing, product: str | None) -> Paid:
    mrr = brute_force_mrr(billing)
    if product is None:
        return by_customer(mrr)
    return {customer: paid for (customer, item), paid in mrr.items() if item == product}


def _rates(world: World, month: date, product: str | None) -> dict[tuple[str, str], float]:
    found = world.query(
        " union all ".join(
            f"select segment, metric_definition, value from intermediate.{model}"
            f" where {_scope(product)} and segment_scheme in ('all', 'industry')"
            f" and period_month = '{month}' and value is not null"
            for model in KPI_MODELS
        )
    )
    rates = {(segment, definition): value for segment, definition, value in found}
    assert len(rates) == len(found)
    return rates


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("month", [date(2029, 3, 1), date(2029, 12, 1), date(2030, 6, 1)])
def test_retention_and_churn_equal_brute_force(
    world: World, billing: Billing, month: date, product: str | None
) -> None:
    paid = _paid(billing, product)
    expected = {
        (segment, definition): value
        for segment in ("all", "software", "retail", "unknown")
        for definition, value in all_rates(paid, billing.segment, segment, month).items()
    }
    assert _rates(world, month, product) == pytest.approx(expected, abs=1e-9)


def test_bounds_of_compounded_rates_equal_the_formula(world: World, billing: Billing) -> None:
    month = date(2030, 6, 1)
    found = world.query(
        "select segment, metric_definition, ci_low, ci_high from intermediate.int_kpi_compounded"
        " where scope = 'portfolio' and segment_scheme in ('all', 'industry') and value > 0"
        f" and period_month = '{month}'"
    )
    paid = by_customer(brute_force_mrr(billing))
    for segment, definition, *bounds in found:
        expected = compounded_bounds(paid, billing.segment, segment, month).get(definition)
        assert bounds == ([None, None] if expected is None else pytest.approx(list(expected)))
    assert len({definition for _, definition, *_ in found}) == 3


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("month", [date(2029, 3, 1), date(2030, 1, 1), date(2030, 6, 1)])
def test_bounds_follow_their_formulas(
    world: World, billing: Billing, month: date, product: str | None
) -> None:
    paid = _paid(billing, product)
    found: dict[tuple[str, str], Bounds] = {}
    for model in ("int_kpi_retention", "int_kpi_mrr_movements"):
        for segment, definition, low, high in world.query(
            f"select segment, metric_definition, ci_low, ci_high from intermediate.{model}"
            f" where {_scope(product)} and segment_scheme in ('all', 'industry')"
            f" and period_month = '{month}' and denominator > 0"
        ):
            found[segment, definition] = None if low is None else (low, high)
    expected = {
        (segment, definition): bounds
        for segment in ("all", "software", "retail", "unknown")
        for definition, bounds in expected_bounds(paid, billing, segment, month).items()
    }
    assert found.keys() == expected.keys()
    for key, bounds in expected.items():
        if bounds is None or found[key] is None:
            assert found[key] == bounds, key
        else:
            assert found[key] == pytest.approx(bounds, abs=1e-7), key


def test_bridges_explain_what_brute_force_finds(world: World, billing: Billing) -> None:
    paid = by_customer(brute_force_mrr(billing))
    found = world.query(
        "select segment, period_month, from_definition, to_definition, item, amount"
        " from marts.metric_bridge where scope = 'portfolio'"
        " and segment_scheme in ('all', 'industry')"
    )
    assert {month for _, month, *_ in found} == {date(2030, month, 1) for month in (4, 5, 6)}
    sums: dict[tuple, float] = defaultdict(float)
    moved = False
    for segment, month, start, end, item, amount in found:
        sums[segment, month, start, end] += amount
        where = (paid, billing.segment, segment, month)
        if item == "segment_moves":
            moved |= abs(amount) > 1e-6
            assert segment != "all" or amount == pytest.approx(0, abs=1e-9)
        elif item in ("returns_left_out", "losses_month_by_month"):
            name = end.partition("_")[0]
            expected = cohort_chain(*where)[name] - cohort_retention(*where)[start]
            assert amount == pytest.approx(expected, abs=1e-9)
    for (segment, month, start, end), amount in sums.items():
        rates = all_rates(paid, billing.segment, segment, month)
        assert amount == pytest.approx(rates[end] - rates[start], abs=1e-9)
    assert len(sums) == 6 * 3 * 4
    assert moved


def test_gross_retention_is_capped_and_net_is_not(world: World) -> None:
    found = world.query(
        "select metric, max(value) from intermediate.int_kpi_retention"
        " where metric in ('grr', 'nrr') group by metric order by metric"
    )
    assert found[0][1] <= 1
    assert found[1][1] > 1


def test_cohorts_equal_brute_force(world: World, billing: Billing) -> None:
    totals = by_customer(brute_force_mrr(billing))
    expected: dict[tuple[date, int], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 5)
    for paid in totals.values():
        story = brute_force_movements(paid)
        opening, lowest = story[0][3], story[0][3]
        for age, (_, _, _, closing) in enumerate(story):
            lowest = min(lowest, closing)
            parts = (1, opening, closing, min(opening, closing), lowest)
            key = (story[0][0], age)
            expected[key] = [a + b for a, b in zip(expected[key], parts, strict=True)]
    found = world.query(
        "select cohort_month, age_months, customer_count, opening_mrr, retained_mrr, capped_mrr,"
        " running_min_mrr from marts.cohort_retention"
        " where scope = 'portfolio' and segment_scheme = 'all'"
    )
    assert {(row[0], row[1]): list(row[2:]) for row in found} == dict(expected)


def test_zero_length_items_are_refused_with_a_reason(world: World, billing: Billing) -> None:
    subscriptions = {row["subscription_id"]: row for row in billing.rows["billing.subscriptions"]}
    refused = {key for key, row in subscriptions.items() if row["started_at"] == row["ended_at"]}
    expected = {
        item["subscription_item_id"]
        for item in billing.rows["billing.subscription_items"]
        if item["valid_from"] == item["valid_to"] or item["subscription_id"] in refused
    }
    found = world.query(
        "select row_key from intermediate.int_revenue_rejected_rows"
        " where entity = 'billing.subscription_items'"
    )
    assert {key for (key,) in found} == expected


@pytest.mark.parametrize("trap", TRAPS)
def test_the_naive_query_gives_another_number(world: World, trap: str) -> None:
    naive, right = TRAPS[trap]
    [(wrong,)], [(true,)] = world.query(naive), world.query(right)
    assert wrong is not None and true is not None
    assert abs(float(wrong) - float(true)) > 0.001, f"{trap}: both are {true}"
