"""What the marts say without spend, support, margin or losses: a reason on each row."""

from collections.abc import Callable
from datetime import date

import pytest
from conftest import World
from raw_world import DEFAULT_REGISTRY

# three dbt builds
pytestmark = pytest.mark.prove

MODELS = ("+segment_cac", "+account_value", "+segment_kpis", "+fct_spend_months")
CHECKED = ("segment_cac", "account_value", "segment_kpis")
NO_LOSS = "nobody left in the churn window: no lifetime to estimate"


def _customer(number: int, left: date | None) -> dict[str, list[dict]]:
    key = {"subscription_id": f"S{number}"}
    start = {"started_at": date(2029, 8, 5), "product_id": "atlas"}
    return {
        "crm.accounts": [{"account_id": f"A{number}", "industry": "retail"}],
        "billing.customers": [
            {"billing_customer_id": f"B{number}", "crm_account_id": f"A{number}"}
        ],
        "billing.subscriptions": [key | start | {"billing_customer_id": f"B{number}"}],
        "billing.subscription_items": [
            key
            | {"subscription_item_id": f"I{number}", "unit_amount": 100.0, "valid_to": left}
            | {"billing_interval": "month", "valid_from": date(2029, 8, 5)}
        ],
    }


def _built(make_world: Callable[..., World], rows: dict, registry: dict | None = None) -> World:
    world = make_world(rows, registry)
    world.build(*MODELS)
    outcome = world.dbt(
        "test", "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious",
        "--select", *CHECKED,
    )  # fmt: skip
    assert outcome.success, [f"{node.name}: {node.message}" for node in outcome.failed]
    return world


def test_one_customer_without_spend_support_or_margin(make_world: Callable[..., World]) -> None:
    products = [item | {"gross_margin": None} for item in DEFAULT_REGISTRY["products"]]
    world = _built(make_world, _customer(1, None), {"products": products})
    found = world.query(
        "select ltv_observed, ltv_observed_reason, ltv_simple_reason, ltv_sbg_reason, gm_to_serve,"
        " cac, cac_reason from marts.account_value"
    )
    margin = "no gross margin declared for a product"
    unspent = "no spend is recorded for the window in which it came"
    assert found == [(None, margin, margin, margin, None, None, unspent)]
    assert world.query(
        "select distinct reason, payback_reason, payback_empirical_reason, spend, new_logos"
        " from marts.segment_cac"
    ) == [("no spend loaded", "no spend loaded", "no spend loaded", 0, 0)]
    # revenue is there: its lifetime value is missing for another reason than spend
    assert world.query(
        "select distinct reason from marts.segment_kpis where metric = 'ltv' and segment = 'retail'"
        " and scope = 'portfolio' and period_month = '2030-06-01'"
    ) == [(margin,)]


def test_everybody_left(make_world: Callable[..., World]) -> None:
    rows: dict[str, list[dict]] = {}
    for number in range(3):
        for entity, content in _customer(number, date(2030, 3, 10)).items():
            rows.setdefault(entity, []).extend(content)
    world = _built(make_world, rows, {"metric_parameters": [
        {"parameter": "min_n", "value_number": 2.0},
        {"parameter": "support_cost_per_hour", "value_number": 50.0},
    ]})  # fmt: skip
    found = world.query(
        "select distinct is_active, ltv_observed, ltv_simple, ltv_simple_reason, ltv_sbg"
        " from marts.account_value"
    )
    assert found == [(False, 560, None, "pays nothing now", 560)]
    # seven months from August to February at a profit of 80, and all three lost in March
    assert world.query(
        "select value, numerator, denominator from marts.segment_kpis where metric = 'ltv'"
        " and segment = 'all' and scope = 'portfolio' and period_month = '2030-04-01'"
    ) == [(pytest.approx(80 * 6), pytest.approx(80 * 18), 3)]


def test_spend_that_nobody_can_be_charged_with(make_world: Callable[..., World]) -> None:
    rows = _customer(1, None)
    rows["marketing.spend"] = [
        {"spend_date": date(2030, 6, 3), "channel": "ads", "category": "media", "amount": 99.99}
    ]
    world = _built(make_world, rows)
    found = world.query(
        "select segment, spend, cac, reason from marts.segment_cac where spend > 0"
        " and scope = 'portfolio' and metric_definition = 'cac_paid'"
        " and lag_definition = 'cac_lag0' and period_month = '2030-06-01'"
        " and segment_scheme in ('all', 'industry') order by 1"
    )
    assert [(segment, float(spend), cac, reason) for segment, spend, cac, reason in found] == [
        ("all", 99.99, None, "no new logos in the window"),
        ("unallocated", 99.99, None, "spend that no segment can be charged with"),
    ]
    assert world.query("select distinct ltv_simple_reason from marts.account_value") == [(NO_LOSS,)]
