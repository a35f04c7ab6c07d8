"""Bad input through every model and every data test: what it touches says why, the rest stays.

A complete world is built once; each bad input is that world with one thing wrong, so whatever does
not depend on that thing must be what it was.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb
import pytest
from complete_world import COMPLETE_REGISTRY, complete_rows
from conftest import World
from engine_rows import table_difference
from raw_world import DEFAULT_REGISTRY

pytestmark = pytest.mark.prove

Rows = dict[str, list[dict[str, Any]]]
Make = Callable[..., World]
USAGE = ("product.workspaces", "product.users", "product.events")
JULY = [DEFAULT_REGISTRY["company"][0] | {"fiscal_year_start_month": 7}]
KPI_KEY = "scope, product_id, segment_scheme, segment, period_month, metric_definition"

#: (table, what it should hold, what says why not): both or neither of them is silence.
ANSWERS = [
    ("segment_kpis", "value", "reason"),
    ("segment_cac", "cac", "reason"),
    ("segment_cac", "payback_months", "payback_reason"),
    ("segment_cac", "payback_empirical", "payback_empirical_reason"),
    ("segment_cac", "ltv", "ltv_reason"),
    ("segment_cac", "ltv_cac", "ltv_cac_reason"),
    ("account_value", "ltv_observed", "ltv_observed_reason"),
    ("account_value", "ltv_simple", "ltv_simple_reason"),
    ("account_value", "ltv_sbg", "ltv_sbg_reason"),
    ("account_value", "gm_to_serve", "gm_to_serve_reason"),
    ("account_value", "cac", "cac_reason"),
    ("time_to_event_curves", "cumulative_incidence", "reason"),
    ("funnel_conversion", "rate", "reason"),
    ("feature_adoption", "value", "reason"),
]
MEASURED = tuple(dict.fromkeys(table for table, _, _ in ANSWERS)) + ("cohort_retention",)


def _built(make_world: Make, rows: Rows, registry: dict[str, Any] | None = None) -> World:
    """Build every model, snapshot and data test; nothing may fail and nothing may be silent."""
    world = make_world(rows, COMPLETE_REGISTRY | (registry or {}))
    outcome = world.dbt("build", "--exclude-resource-type", "unit_test")
    assert outcome.success, [f"{node.name}: {node.message}" for node in outcome.failed]
    for table, value, reason in ANSWERS:
        silent = f"from marts.{table} where ({value} is null) = ({reason} is null)"
        assert world.query(f"select count(*) {silent}") == [(0,)], (table, value)
    # nothing out of nothing is no zero
    assert not world.query(
        f"select {KPI_KEY}, value from marts.segment_kpis"
        " where value is not null and (n = 0 or denominator = 0)"
    )
    assert not world.query(
        "select * from marts.cohort_retention where customer_count = 0 or opening_mrr <= 0"
        " or coalesce(logo_retention, nrr, grr_point, grr_running_min) is null"
    )
    return world


def _same(world: World, complete: World, tables: tuple[str, ...], where: str = "true") -> None:
    """Compare marts with those of the complete world; sums may differ in their last digit."""
    with duckdb.connect() as connection:
        for name, side in (("bad", world), ("whole", complete)):
            connection.execute(f"attach '{side.settings.warehouse}' as {name} (read_only)")
        for table in tables:
            sides = [
                f"(select * from {name}.marts.{table} where {where})" for name in ("bad", "whole")
            ]
            assert table_difference(connection, *sides) is None, table


@pytest.fixture(scope="module")
def complete(make_world: Make) -> World:
    return _built(make_world, complete_rows())


def test_the_complete_world_has_a_value_for_every_metric(complete: World) -> None:
    # else the comparisons below would compare one reason with another
    measured = complete.query(
        "select metric_definition from marts.segment_kpis group by 1 having count(value) = 0"
    )
    assert measured == []


def test_a_world_without_usage(make_world: Make, complete: World) -> None:
    world = _built(make_world, {k: v for k, v in complete_rows().items() if k not in USAGE})
    by_usage = {
        name
        for (name,) in world.query(
            "select metric_definition from intermediate.int_kpi_metrics where needs like '%usage'"
        )
    }
    reasons = world.query("select metric_definition, reason from marts.segment_kpis group by all")
    assert {reason for name, reason in reasons if name in by_usage} == {
        "no usage loaded",
        "no tickets and usage loaded",
    }
    assert world.query(
        "select distinct reason, n from marts.time_to_event_curves where event = 'time_to_value'"
    ) == [("no usage loaded", 0)]
    for table in ("feature_adoption", "fct_usage_days"):
        assert world.query(f"select count(*) from marts.{table}") == [(0,)]
    # money, deals, tickets and answers know nothing of usage
    _same(world, complete, ("segment_cac", "account_value", "cohort_retention"))
    _same(world, complete, ("time_to_event_curves",), "event <> 'time_to_value'")
    definitions = "', '".join(sorted(by_usage))
    _same(world, complete, ("segment_kpis",), f"metric_definition not in ('{definitions}')")


def test_a_fiscal_year_from_july(make_world: Make, complete: World) -> None:
    world = _built(make_world, complete_rows(), {"company": JULY})
    found = world.query(
        "select calendar_date, fiscal_year, fiscal_quarter from marts.dim_dates"
        " where calendar_date >= '2028-01-01'"
    )
    # named after the year in which it ends; quarters begin in July, October, January and April
    assert found == [
        (day, day.year + (day.month >= 7), 1 + (day.month - 7) % 12 // 3) for day, *_ in found
    ]
    assert {(year, quarter) for _, year, quarter in found} >= {(2029, q) for q in (1, 2, 3, 4)}
    # twelve trailing months are twelve months, whatever the fiscal year begins with
    _same(world, complete, (*MEASURED, "metric_bridge", "fct_mrr_movements"))


def test_one_single_customer(make_world: Make) -> None:
    everything = complete_rows()
    # an account with contracts, deals, tickets and usage: all rows of the others are left out
    keep = {"A1", "B1", "W1", "G1"}
    owner = ("account_id", "crm_account_id", "billing_customer_id", "organization_id")
    owner += ("account_key", "converted_account_id")
    rows = {
        name: [r for r in content if not (owned := [r[k] for k in owner if r.get(k)])
               or keep.issuperset(owned)]
        for name, content in everything.items()
    }  # fmt: skip
    contracts = {row["subscription_id"] for row in rows["billing.subscriptions"]}
    items = "billing.subscription_items"
    rows[items] = [row for row in rows[items] if row["subscription_id"] in contracts]
    tickets = {row["ticket_id"] for row in rows["support.tickets"]}
    comments = "support.ticket_comments"
    rows[comments] = [row for row in rows[comments] if row["ticket_id"] in tickets]
    world = _built(make_world, rows)
    assert world.query("select customer_id from marts.account_value") == [("A1",)]
    # one is never enough to rely on, and no bound comes out of a single customer's money
    who = "metric in ('logo_retention', 'nrr', 'grr', 'customer_churn', 'nps', 'stickiness')"
    assert world.query(
        f"select max(n), bool_or(is_reliable) from marts.segment_kpis where {who}"
        " and metric_definition <> 'responses_trailing_3m'"
    ) == [(1, False)]
    assert world.query(
        "select count(*) from marts.segment_kpis where metric = 'nrr' and n = 1"
        " and metric_definition <> 'nrr_12m_compounded' and ci_low is not null"
    ) == [(0,)]
    assert world.query("select distinct customer_count from marts.cohort_retention") == [(1,)]


def test_everybody_left(make_world: Make) -> None:
    rows = complete_rows()
    gone = date(2030, 4, 10)
    for row in rows["billing.subscription_items"]:
        row["valid_to"] = max(gone, row["valid_from"])
    for row in rows["billing.subscriptions"]:
        row["ended_at"] = max(gone, row["started_at"])
    world = _built(make_world, rows)
    newest = "segment = 'all' and scope = 'portfolio' and period_month = '2030-06-01'"
    kpis = {
        name: (value, reason)
        for name, value, reason in world.query(
            f"select metric_definition, value, reason from marts.segment_kpis where {newest}"
        )
    }
    # of those who paid a year ago nobody is left: a true zero
    for name in ("closed_cohort_12m", "grr_point_12m", "grr_running_min_12m", "nrr_cohort_12m"):
        assert kpis[name] == (0.0, None)
    # of nobody there is no share
    empty = ("customer_churn_monthly", "tickets_per_paying_customer_month", "logo_movement")
    empty += ("paying_customers_active_28d", "dau_mau_28d_customer_mean")
    for name in empty:
        assert kpis[name][0] is None and kpis[name][1], name
    found = world.query(
        "select distinct is_active, current_mrr, ltv_simple_reason from marts.account_value"
    )
    assert found == [(False, 0, "pays nothing now")]
    # everybody was seen to leave: nobody is censored
    censored = "select sum(censored) from marts.time_to_event_curves where event = 'churn'"
    assert world.query(censored) == [(0,)]


def test_contracts_of_no_length_twice_and_in_a_currency_without_a_rate(
    make_world: Make, complete: World
) -> None:
    """A world with wrong records beside the right ones has the numbers of the right ones."""
    rows = complete_rows()
    extra = {"billing_customer_id": "B1", "product_id": "atlas", "status": "active"}
    day = date(2029, 5, 5)
    for key, ended, currency in (("zero", day, None), ("unknown", None, "XTS")):
        rows["billing.subscriptions"].append(
            extra | {"subscription_id": key, "started_at": day, "ended_at": ended}
        )
        rows["billing.subscription_items"].append(
            {"subscription_item_id": f"I-{key}", "subscription_id": key, "unit_amount": 99.0}
            | {"billing_interval": "month", "valid_from": day, "valid_to": ended}
            | {"currency": currency}
        )
    spend = {"spend_date": date(2030, 5, 3), "channel": "fair", "category": "media"}
    rows["marketing.spend"].append(spend | {"amount": 500.0, "currency": "XTS"})
    # of renewals only their number counts
    renewal = next(row for row in rows["crm.opportunities"] if row["opportunity_type"] == "renewal")
    renewal |= {"currency": "XTS", "amount": 9e6}
    world = _built(make_world, rows)
    assert set(
        world.query("select row_key, rule from marts.rejected_rows where disposition = 'rejected'")
    ) >= {
        ("zero", "ends on the day it starts"),
        ("I-unknown", "currency without rate"),
        ("2030-05-03|fair", "currency without rate"),
    }
    assert world.query(
        "select amount from marts.fct_opportunities"
        f" where opportunity_id = '{renewal['opportunity_id']}'"
    ) == [(None,)]
    _same(world, complete, MEASURED)


def test_two_contracts_at_once_are_paid_twice(make_world: Make, complete: World) -> None:
    rows = complete_rows()
    item = next(row for row in rows["billing.subscription_items"])
    contract = next(
        row
        for row in rows["billing.subscriptions"]
        if row["subscription_id"] == item["subscription_id"]
    )
    rows["billing.subscriptions"].append(contract | {"subscription_id": "again"})
    rows["billing.subscription_items"].append(
        item | {"subscription_id": "again", "subscription_item_id": "again"}
    )
    world = _built(make_world, rows)
    who = contract["billing_customer_id"].replace("B", "A")
    product = contract["product_id"]
    money = (
        "select period_month, closing_mrr from marts.fct_mrr_product_movements"
        f" where customer_id = '{who}' and product_id = '{product}' and closing_mrr > 0 order by 1"
    )
    once = complete.query(money)
    assert once
    assert world.query(money) == [(month, 2 * mrr) for month, mrr in once]
    # two contracts are one customer
    for definition in ("closed_cohort_12m", "customer_churn_monthly", "contractual_90d"):
        kept = "scope, product_id, segment_scheme, segment, period_month, value, n, reason"
        same = (
            f"select {kept} from marts.segment_kpis where metric_definition = '{definition}'"
            f" order by {kept}"
        )
        assert world.query(same) == complete.query(same)
