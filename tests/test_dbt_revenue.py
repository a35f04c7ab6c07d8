"""Revenue, movements and retention of a random world against brute force, and the known traps."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import World
from raw_world import build_raw_world
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
    "+int_kpi_retention",
    "+int_revenue_rejected_rows",
)
CAUTIOUS = ("--indirect-selection", "cautious")
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
        (*key, month, opening, closing)
        for key, paid in brute_force_mrr(billing).items()
        for month, opening, _, closing in brute_force_movements(paid)
    }
    found = world.query(
        "select customer_id, product_id, period_month, opening_mrr, closing_mrr"
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


def _closed_cohorts(billing: Billing) -> Iterator[tuple[str, date, Decimal, Decimal]]:
    """Give (segment, month, MRR a year before, MRR now) of every member of every closed cohort."""
    for customer, paid in by_customer(brute_force_mrr(billing)).items():
        for month, _ in month_ends():
            opening = paid.get(date(month.year - 1, month.month, 1), Decimal(0))
            if opening > 0:
                closing = paid.get(month, Decimal(0))
                for segment in ("all", billing.segment(customer)):
                    yield segment, month, opening, closing


def test_retention_of_closed_cohorts_equals_brute_force(world: World, billing: Billing) -> None:
    sums: dict[tuple[str, date], list[float]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for segment, month, opening, closing in _closed_cohorts(billing):
        total = sums[segment, month]
        parts = (1, closing > 0, opening, min(opening, closing), closing)
        sums[segment, month] = [a + float(b) for a, b in zip(total, parts, strict=True)]
    found = world.query(
        "select segment, period_month, metric, value from intermediate.int_kpi_retention"
        " where scope = 'portfolio' and segment_scheme in ('all', 'industry')"
    )
    assert len(found) == 3 * len(sums)
    for segment, month, metric, value in found:
        count, active, opening, capped, closing = sums[segment, month]
        expected = {
            "logo_retention": active / count,
            "grr": capped / opening,
            "nrr": closing / opening,
        }[metric]
        assert value == pytest.approx(expected, abs=1e-9)


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
