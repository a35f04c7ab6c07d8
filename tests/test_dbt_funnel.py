"""The funnel and the pipeline metrics of a random world against counting by hand."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from conftest import World
from curve_world import PRODUCTS, counted_deals, curve_rows
from deal_oracle import deal_kpis
from funnel_world import MIN_N, funnel_by_hand, lead_rows, reached_stages
from kpi_world import LAST, Rows, wilson
from scipy.stats import binom

# builds a warehouse
pytestmark = pytest.mark.prove

PARAMETERS = [("kpi_months", 3.0), ("curve_months", 1.0), ("min_n", float(MIN_N))]
EVERYBODY = "scope = 'portfolio' and segment_scheme = 'all'"


@pytest.fixture(scope="module")
def rows() -> Rows:
    made = curve_rows(seed=23)
    for position, deal in enumerate(made["crm.opportunities"]):
        deal["amount"] = None if position % 11 == 0 else float(position % 50 + 1)
    for number, account in enumerate(made["crm.accounts"]):
        account["employees"] = (50, 500, None)[number % 3]
    made["crm.opportunities"] += _rare_deals()
    made["crm.leads"] = lead_rows(made)
    return made


def _rare_deals() -> list[dict[str, Any]]:
    """Give won deals of no day and of no amount, and lost ones of no amount."""
    deal = {"product_id": "dune", "opportunity_type": "new", "stage": "closed", "is_closed": True}
    cases = (("A0", 4, 0, True, 7.0), ("A1", 4, 0, False, None), ("A1", 6, 9, True, None))
    cases += (("A2", 6, 4, False, 0.0), ("A3", 6, 8, True, 3.0), ("A3", 6, 8, True, 3.0))
    found = []
    for number, (account, month, days, is_won, amount) in enumerate(cases):
        created = date(2030, month, 1)
        made = {"opportunity_id": f"R{number}", "account_id": account, "is_won": is_won}
        made |= {"created_at": created, "close_date": created + timedelta(days=days)}
        found.append(deal | made | {"amount": amount})
    return found


@pytest.fixture(scope="module")
def world(rows: Rows, make_world: Callable[..., World]) -> World:
    registry = {
        "products": PRODUCTS,
        "metric_parameters": [
            {"parameter": name, "value_number": value} for name, value in PARAMETERS
        ],
    }
    made = make_world(rows, registry)
    made.build("+segment_kpis", "+funnel_conversion", "+fct_stage_transitions")
    return made


def test_unit_and_data_tests_pass(world: World) -> None:
    marts = ("segment_kpis", "funnel_conversion", "fct_stage_transitions", "int_funnel_entities")
    units = ("int_funnel_entities", "fct_stage_transitions", "int_kpi_pipeline")
    units += ("int_kpi_created_deals", "int_kpi_sales_cycle")
    selected = [f"test_type:unit,{name}" for name in units]
    flags = ("--indirect-selection", "cautious")
    outcome = world.dbt("test", *flags, "--select", *marts, *selected)
    assert outcome.success, [f"{node.name}: {node.message}" for node in outcome.failed]
    names = {node.name for node in outcome.results}
    assert {"segment_kpis_velocity_is_its_product", "funnel_conversion_never_widens"} <= names
    assert {"everybody_enters_the_funnel_once", "velocity_is_the_product_of_its_parts"} <= names


def test_funnel_equals_counting_by_hand(world: World, rows: Rows) -> None:
    found = world.query(
        "select entry, cohort_month, stage, entered, coalesce(converted, 0), rate, is_mature"
        " from marts.funnel_conversion where segment_scheme = 'all'"
    )
    expected = funnel_by_hand(rows)
    assert {tuple(row[:3]): tuple(row[3:]) for row in found} == expected
    assert {mature for *_, mature in expected.values()} == {True, False}


def test_a_row_says_what_follows_from_its_counts(world: World) -> None:
    stages = ("lead", "mql", "sql", "opportunity", "won")
    found = world.query(
        "select stage, stage_number, entered, n, is_mature, is_reliable, reason, converted, rate,"
        " ci_low, ci_high from marts.funnel_conversion"
    )
    reasons = set()
    for stage, number, entered, n, mature, reliable, reason, converted, *values in found:
        assert stages[number - 1] == stage
        assert n == entered
        young = None if mature else "the cohort is too young"
        expected = "nobody reached the stage" if not entered else young
        assert reason == ("the last stage" if stage == "won" else expected)
        assert (converted is None) == (stage == "won")
        assert reliable == (reason is None and entered >= MIN_N)
        if reason:
            assert values == [None] * 3
        else:
            low, high = wilson(converted, entered)
            assert values == [pytest.approx(v) for v in (converted / entered, low, high)]
        reasons.add(reason)
    assert len(reasons) == 4


def test_people_without_account_are_kept_apart(world: World, rows: Rows) -> None:
    people = reached_stages(rows)
    [(unmatched,)] = world.query(
        "select sum(entered) from marts.funnel_conversion where segment = 'unmatched'"
        " and segment_scheme = 'industry' and stage in ('lead', 'opportunity')"
        " and (stage = 'lead' or entry = 'opportunity')"
    )
    assert unmatched == sum(account is None for _, account, _ in people)
    [(naive,)] = world.query("select count(*) from raw_crm.leads")
    assert naive > sum(entry == "lead" for entry, *_ in people)  # T17: who wrote twice


def test_young_cohorts_have_no_rate(world: World) -> None:
    """METRICS T12: the naive rate of the newest cohorts is too low, for want of time."""
    [(mature, naive)] = world.query(
        "select sum(converted) filter (where is_mature) / sum(entered) filter (where is_mature),"
        " sum(converted) / sum(entered) from marts.funnel_conversion"
        " where segment_scheme = 'all' and entry = 'opportunity' and stage = 'opportunity'"
    )
    assert naive < mature
    assert world.query(
        "select count(*) from marts.funnel_conversion where rate is not null and not is_mature"
    ) == [(0,)]


def _closed(rows: Rows) -> list[dict[str, Any]]:
    return [
        deal
        for deal in counted_deals(rows)
        if deal["is_closed"] and LAST.replace(year=2029) < deal["close_date"] <= LAST
    ]


def _june(world: World, metric: str) -> tuple[Any, ...]:
    [found] = world.query(
        "select value, n, ci_low, ci_high from marts.segment_kpis"
        f" where metric = '{metric}' and period_month = '2030-06-01' and {EVERYBODY}"
    )
    return found


def test_pipeline_equals_the_arithmetic_of_its_deals(world: World, rows: Rows) -> None:
    closed = _closed(rows)
    won = [deal for deal in closed if deal["is_won"]]
    days = [(deal["close_date"] - deal["created_at"]).days for deal in won]
    amounts = [deal["amount"] for deal in won if deal["amount"]]
    everything = sum(deal["amount"] or 0 for deal in closed)
    assert _june(world, "pipeline_deals")[0] == len(closed)
    assert _june(world, "average_deal_value")[0] == pytest.approx(np.mean(amounts))
    assert _june(world, "win_rate_by_value")[0] == pytest.approx(sum(amounts) / everything)
    value, n, low, high = _june(world, "sales_cycle_p75_days")
    assert (value, n) == (pytest.approx(np.percentile(days, 75)), len(won))
    assert low <= value <= high
    velocity = len(closed) * (len(won) / len(closed)) * np.mean(amounts) / np.median(days)
    assert _june(world, "pipeline_velocity")[0] == pytest.approx(velocity, rel=1e-9)


def test_every_cell_of_the_deal_metrics_equals_counting(world: World, rows: Rows) -> None:
    expected = deal_kpis(rows)
    metrics = {key[0] for key in expected}
    assert len(metrics) == 8
    found = world.query(
        "select metric, scope, product_id, segment_scheme, segment, period_month, value,"
        " numerator, denominator, n, ci_low, ci_high, reason from marts.segment_kpis"
        f" where metric in {tuple(metrics)}"
    )
    answers = {tuple(row[:6]): tuple(row[6:]) for row in found}
    assert expected.keys() <= answers.keys()
    for key, answer in answers.items():
        if key in expected:
            assert answer == pytest.approx(expected[key], abs=1e-9), key
        else:
            assert answer[:1] + answer[3:4] == (None, 0), key
    # the oracle has cells with every reason, and with an interval of velocity
    assert len({answer[-1] for answer in expected.values()}) == 7
    velocities = [answer for key, answer in expected.items() if key[0] == "pipeline_velocity"]
    assert sum(answer[4] is not None for answer in velocities) > 9


def test_win_rate_of_the_created_counts_the_open_ones(world: World, rows: Rows) -> None:
    """METRICS G18: created and closed win rates are two numbers."""
    first = LAST.replace(year=2029)
    created = [deal for deal in counted_deals(rows) if first < deal["created_at"] <= LAST]
    won = [
        deal
        for deal in created
        if deal["is_closed"] and deal["is_won"] and deal["close_date"] <= LAST
    ]
    value, n, *_ = _june(world, "win_rate_created")
    assert (value, n) == (pytest.approx(len(won) / len(created)), len(created))
    assert value < _june(world, "win_rate")[0] - 0.05


def test_intervals_of_the_third_quartile_cover_it() -> None:
    z = 1.959963984540054
    for n in range(30, 400):
        low = np.floor(n * 0.75 - z * np.sqrt(n * 0.1875) + 0.5)
        high = np.ceil(n * 0.75 + z * np.sqrt(n * 0.1875) + 0.5)
        if high <= n:
            assert binom.cdf(high - 1, n, 0.75) - binom.cdf(low - 1, n, 0.75) > 0.93, n
