"""Billing that goes wrong: a clear number, or a clear reason on each row, never a silent zero."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from conftest import World
from raw_world import DEFAULT_REGISTRY

pytestmark = pytest.mark.prove

MODELS = (
    "+segment_kpis",
    "+metric_bridge",
    "+fct_mrr_movements",
    "+cohort_retention",
    "+int_revenue_rejected_rows",
)
JULY = [DEFAULT_REGISTRY["company"][0] | {"fiscal_year_start_month": 7}]
MONTHLY = ("closed_cohort_12m", "grr_point_12m", "nrr_cohort_12m", "customer_churn_monthly")


def _customer(number: int, *periods: tuple[date, date | None], **item: Any) -> dict[str, list]:
    """Give the rows of one account that pays 100 a month in `periods`."""
    rows = {
        "crm.accounts": [{"account_id": f"A{number}", "industry": "retail"}],
        "billing.customers": [
            {"billing_customer_id": f"B{number}", "crm_account_id": f"A{number}"}
        ],
        "billing.subscriptions": [],
        "billing.subscription_items": [],
    }
    for index, (start, end) in enumerate(periods):
        key = f"S{number}-{index}"
        rows["billing.subscriptions"].append(
            {"subscription_id": key, "billing_customer_id": f"B{number}", "product_id": "atlas"}
            | {"started_at": start, "ended_at": end, "status": "active"}
        )
        rows["billing.subscription_items"].append(
            {"subscription_item_id": f"I{key}", "subscription_id": key, "unit_amount": 100.0}
            | {"billing_interval": "month", "valid_from": start, "valid_to": end, **item}
        )
    return rows


def _together(*parts: dict[str, list]) -> dict[str, list]:
    return {name: [row for part in parts for row in part[name]] for name in parts[0]}


def _kpis(world: World, month: str = "2030-06-01") -> dict[str, tuple]:
    found = world.query(
        "select metric_definition, value, n, ci_low, reason from marts.segment_kpis"
        f" where scope = 'portfolio' and segment_scheme = 'all' and period_month = '{month}'"
    )
    return {name: tuple(rest) for name, *rest in found}


def test_one_customer_has_numbers_and_is_not_reliable(make_world: Callable[..., World]) -> None:
    world = make_world(_customer(1, (date(2029, 1, 10), None)), {"company": JULY})
    world.build(*MODELS)
    kpis = _kpis(world)
    assert kpis["closed_cohort_12m"][:2] == (1.0, 1)
    assert kpis["nrr_cohort_12m"] == (1.0, 1, None, None)  # one member bounds nothing
    assert kpis["nrr_12m_compounded"][:2] == (1.0, 1)
    assert kpis["reactivation_monthly"][3] == "no customer that had left before the month"
    assert world.query("select distinct is_reliable from marts.segment_kpis") == [(False,)]
    # months are calendar months, whatever month the fiscal year begins with
    first = world.query("select min(period_month) from marts.fct_mrr_movements")
    assert first == [(date(2029, 1, 1),)]
    silent = world.query(
        "select count(*) from marts.segment_kpis where value is null and reason is null"
    )
    assert silent == [(0,)]


def test_everybody_left(make_world: Callable[..., World]) -> None:
    gone = [_customer(n, (date(2028, 5, 1), date(2030, 2, 10))) for n in range(3)]
    world = make_world(_together(*gone))
    world.build(*MODELS)
    kpis = _kpis(world)
    # the cohort of a year ago paid: nothing of it is left, which is a zero and no missing value
    assert [kpis[name][0] for name in ("closed_cohort_12m", "grr_point_12m", "nrr_cohort_12m")] == [
        0.0,
        0.0,
        0.0,
    ]
    assert kpis["customer_churn_monthly"][0] is None
    assert kpis["customer_churn_monthly"][3] == "no paying customer in the cohort month"
    assert kpis["nrr_12m_compounded"][3] == (
        "a month of the window begins without a paying customer"
    )
    assert kpis["reactivation_monthly"][:2] == (0.0, 3)
    assert _kpis(world, "2030-02-01")["customer_churn_monthly"][:2] == (1.0, 3)
    assert world.query("select count(*) from marts.metric_bridge where amount is null") == [(0,)]


def test_zero_length_overlapping_and_without_a_rate(make_world: Callable[..., World]) -> None:
    day = date(2029, 3, 5)
    world = make_world(
        _together(
            _customer(1, (day, day)),
            _customer(2, (day, None), (date(2029, 9, 1), date(2030, 1, 1))),
            _customer(3, (day, None), currency="XTS"),
            _customer(4, (day, None)),
        )
    )
    world.build(*MODELS)
    rejected = world.query(
        "select row_key, rule from intermediate.int_revenue_rejected_rows order by row_key, rule"
    )
    assert set(rejected) == {
        ("S1-0", "ends on the day it starts"),
        ("IS1-0", "of a rejected subscription (ends on the day it starts)"),
        ("IS3-0", "currency without rate"),
    }
    paid = world.query(
        "select customer_id, mrr from intermediate.int_customer_mrr_months"
        " where period_month = '2029-10-01' order by customer_id"
    )
    # two subscriptions at once are paid twice: nothing says that one replaces the other
    assert [(who, float(mrr)) for who, mrr in paid] == [("A2", 200.0), ("A4", 100.0)]
    assert _kpis(world)["closed_cohort_12m"][:2] == (1.0, 2)


def test_a_status_that_nobody_knows_is_said_and_one_that_means_over_ends(
    make_world: Callable[..., World],
) -> None:
    day, over = date(2029, 3, 5), date(2029, 8, 1)
    rows = _together(*(_customer(number, (day, None)) for number in (1, 2, 3, 4)))
    for row, status in zip(
        rows["billing.subscriptions"], ("foo", "Expired", "bar", "active"), strict=True
    ):
        row |= {"status": status, "updated_at": f"{over} 00:00:00"}
    # one that is refused for another reason is not said twice
    rows["billing.subscriptions"][2]["ended_at"] = day
    rows["billing.subscription_status_history"] = [
        {"subscription_id": "S4-0", "status": status, "valid_from": since}
        for status, since in (("active", day), ("on hold", over))
    ]
    world = make_world(rows)
    world.build(*MODELS)
    said = world.query(
        "select row_key, rule, disposition from intermediate.int_revenue_rejected_rows"
        " where entity <> 'billing.subscription_items' order by row_key"
    )
    unknown = ("subscription status is not known", "field_cleared")
    assert said == [
        ("S1-0", *unknown),
        ("S3-0", "ends on the day it starts", "rejected"),
        (f"S4-0|{over}", *unknown),
    ]
    naive = "select count(*) from intermediate.int_subscription_items where paid_to is null"
    assert world.query(naive) == [(3,)]  # by its dates the expired one runs on
    paid = world.query(
        "select customer_id from intermediate.int_customer_mrr_months"
        " where period_month = '2030-06-01' order by 1"
    )
    assert paid == [("A1",), ("A4",)]


def test_without_subscriptions_every_row_says_so(make_world: Callable[..., World]) -> None:
    world = make_world({"crm.accounts": [{"account_id": "A1", "industry": "retail"}]})
    world.build(*MODELS)
    kpis = _kpis(world)
    assert {kpis[name][3] for name in MONTHLY} == {"no subscriptions loaded"}
    assert world.query("select count(*) from marts.metric_bridge") == [(0,)]
