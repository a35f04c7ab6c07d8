"""The waterfall at the rates of each month: FX apart, against brute force and a naive one."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from conftest import World
from revenue_world import (
    PAST_DUE_DAYS,
    Billing,
    brute_force_fx,
    month_ends,
    movement_of,
    random_billing,
)

pytestmark = pytest.mark.prove

PARAMETERS = [
    {"parameter": "past_due_days", "value_number": float(PAST_DUE_DAYS)},
    {"parameter": "waterfall_rates", "value_text": "period"},
]
MODELS = (
    "+fct_mrr_movements",
    "+fct_mrr_product_movements",
    "+int_kpi_mrr_movements",
    "+int_revenue_rejected_rows",
)
FX = {"EUR": (0.9, 0.95, 1.1, 1.3), "GBP": (1.6, 1.2)}


@pytest.fixture(scope="module")
def billing() -> Billing:
    world = random_billing(customers=60, seed=77)
    for currency, rates in FX.items():
        for index, rate in enumerate(rates):
            day = date(2028 + index // 2, 11 - 7 * (index % 2), 3 + index)
            quote = {"from_currency": currency, "to_currency": "USD", "rate": rate}
            world.rows["finance.fx_rates"].append(quote | {"rate_date": day.isoformat()})
    for item in world.rows["billing.subscription_items"][:5]:
        item["currency"] = "XTS"  # nobody quotes it
    return world


@pytest.fixture(scope="module")
def world(billing: Billing, make_world: Callable[..., World]) -> World:
    made = make_world(billing.rows, {"metric_parameters": PARAMETERS})
    made.build(*MODELS, tests=True)
    return made


@pytest.fixture(scope="module")
def quoted(billing: Billing) -> Billing:
    """Leave out what cannot be converted, as the models must."""
    rows = dict(billing.rows)
    items = rows["billing.subscription_items"]
    rows["billing.subscription_items"] = [one for one in items if "currency" not in one]
    return Billing(rows)


def _story(mrr: dict[date, Decimal], change: dict[date, Decimal]) -> list[tuple]:
    """Tell (month, opening, movement, amount, fx, closing) of one payer from its first month."""
    story, opening, seen = [], Decimal(0), False
    for month, _ in month_ends():
        closing, fx = mrr.get(month, Decimal(0)), change.get(month, Decimal(0))
        if not seen and closing == 0:
            continue
        moved = closing - opening - fx
        movement = movement_of(opening, moved, closing, seen)
        story.append((month, opening, movement, moved, fx, closing))
        opening, seen = closing, True
    return story


def _by_customer(values: dict) -> dict[str, dict[date, Decimal]]:
    totals: dict[str, dict[date, Decimal]] = {}
    for (customer, _), months in values.items():
        of_customer = totals.setdefault(customer, {})
        for month, amount in months.items():
            of_customer[month] = of_customer.get(month, Decimal(0)) + amount
    return totals


def test_every_customer_month_equals_brute_force(world: World, quoted: Billing) -> None:
    mrr, change = (_by_customer(values) for values in brute_force_fx(quoted))
    expected = {
        (customer, *step)
        for customer in mrr
        for step in _story(mrr[customer], change.get(customer, {}))
    }
    found = world.query(
        "select customer_id, period_month, opening_mrr, movement, movement_amount, fx_amount,"
        " closing_mrr from marts.fct_mrr_movements"
    )
    assert set(found) == expected
    assert len(found) == len(expected)
    assert sum(1 for row in found if row[5]) > 50


def test_product_months_equal_brute_force(world: World, quoted: Billing) -> None:
    mrr, change = brute_force_fx(quoted)
    expected = {
        (*key, month, opening, moved, fx, closing)
        for key in mrr
        for month, opening, _, moved, fx, closing in _story(mrr[key], change.get(key, {}))
    }
    found = world.query(
        "select customer_id, product_id, period_month, opening_mrr, movement_amount, fx_amount,"
        " closing_mrr from marts.fct_mrr_product_movements"
    )
    assert set(found) == expected


def test_it_closes_to_the_cent_per_customer_and_in_total(world: World) -> None:
    outcome = world.dbt(
        "test", "--indirect-selection", "cautious", "--exclude-resource-type", "unit_test",
        "--select", "fct_mrr_movements", "fct_mrr_product_movements",
    )  # fmt: skip
    assert outcome.success, [node.message for node in outcome.failed]
    totals = world.query(
        "select sum(movement_amount) + sum(fx_amount),"
        " sum(case when period_month = '2030-06-01' then closing_mrr end)"
        " from marts.fct_mrr_movements"
    )
    assert totals[0][0] == totals[0][1]


def test_trap_a_waterfall_of_converted_amounts_calls_exchange_rates_growth(world: World) -> None:
    naive = """
        select count(*) from marts.fct_mrr_movements
        where opening_mrr > 0 and closing_mrr > 0 and closing_mrr <> opening_mrr
            and movement = 'none'
    """
    assert world.query(naive)[0][0] > 30
    told = "select count(*) from marts.fct_mrr_movements where movement = 'none'"
    assert world.query(f"{told} and movement_amount <> 0") == [(0,)]


def test_retention_stays_at_constant_rates(world: World, billing: Billing) -> None:
    constant = "select sum(mrr) from intermediate.int_customer_mrr_months"
    months = "select sum(denominator) from intermediate.int_kpi_mrr_movements"
    reported = (
        " where scope = 'portfolio' and segment_scheme = 'all'"
        " and metric_definition = 'gross_mrr_churn_monthly'"
    )
    window = " where period_month between '2028-06-01' and '2030-05-01'"
    (expected,), (found,) = world.query(constant + window)[0], world.query(months + reported)[0]
    assert found == pytest.approx(float(expected), abs=0.01)


def test_a_currency_without_a_rate_is_kept_aside_with_its_reason(world: World) -> None:
    found = world.query(
        "select count(*) from intermediate.int_revenue_rejected_rows"
        " where rule = 'currency without rate'"
    )
    assert found == [(5,)]
