"""Revenue, retention, churn and bridges of many random worlds, against brute force."""

from collections.abc import Callable
from datetime import date

import pytest
from conftest import World
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from retention_oracle import all_rates
from revenue_world import (
    PAST_DUE_DAYS,
    Billing,
    brute_force_movements,
    brute_force_mrr,
    by_customer,
    random_billing,
)

pytestmark = pytest.mark.prove

PARAMETERS = [{"parameter": "past_due_days", "value_number": float(PAST_DUE_DAYS)}]
MODELS = ("+metric_bridge", "+int_kpi_mrr_movements", "+fct_mrr_movements")
KPI_MODELS = ("int_kpi_retention", "int_kpi_mrr_movements", "int_kpi_compounded")
MONTHS = (date(2029, 2, 1), date(2030, 1, 1), date(2030, 6, 1))


def _rates(world: World) -> dict[tuple, float]:
    found = world.query(
        " union all ".join(
            f"select segment, period_month, metric_definition, value from intermediate.{model}"
            " where scope = 'portfolio' and segment_scheme in ('all', 'industry')"
            " and value is not null"
            for model in KPI_MODELS
        )
    )
    return {tuple(key): value for *key, value in found if key[1] in MONTHS}


def _expected(billing: Billing) -> dict[tuple, float]:
    paid = by_customer(brute_force_mrr(billing))
    return {
        (segment, month, definition): value
        for month in MONTHS
        for segment in ("all", "software", "retail", "unknown")
        for definition, value in all_rates(paid, billing.segment, segment, month).items()
    }


@settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),  # a smaller world would cost a build each
    suppress_health_check=list(HealthCheck),
)
@example(customers=39, seed=1)  # holds an item of exactly half a cent
@given(customers=st.integers(1, 40), seed=st.integers(0, 10**6))
def test_every_world_equals_brute_force(
    make_world: Callable[..., World], customers: int, seed: int
) -> None:
    billing = random_billing(customers, seed)
    world = make_world(billing.rows, {"metric_parameters": PARAMETERS})
    world.build(*MODELS)
    movements = {
        (customer, *step)
        for customer, paid in by_customer(brute_force_mrr(billing)).items()
        for step in brute_force_movements(paid)
    }
    found = world.query(
        "select customer_id, period_month, opening_mrr, movement, closing_mrr"
        " from marts.fct_mrr_movements"
    )
    assert set(found) == movements
    assert len(found) == len(movements)
    assert _rates(world) == pytest.approx(_expected(billing), abs=1e-9)
    broken = world.query(
        "select count(*) from (select 1 from marts.metric_bridge group by scope, product_id,"
        " segment_scheme, segment, period_month, from_definition, to_definition"
        " having abs(sum(amount) + max(from_value) - max(to_value)) > 1e-9)"
    )
    assert broken == [(0,)]
