"""The same clocks give the same numbers (T39), and a published number that changes says why (T40).

A random billing world is built with dbt, published, changed in one way, built and published again.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import duckdb
import pandas as pd
import pytest
from conftest import World
from gate_candidate import AS_OF, passed, published
from raw_world import KNOWN_AT
from revenue_world import random_billing

from dagster_project.checks.results import CHECK_RESULTS_DDL
from dagster_project.publication.lock import run_lock
from dagster_project.publication.publish import publish
from dagster_project.publication.run_status import start_run

# eight builds with dbt
pytestmark = pytest.mark.prove

MARTS = (
    "segment_kpis",
    "cohort_retention",
    "fct_mrr_movements",
    "fct_mrr_product_movements",
    "dim_segments",
    "dim_dates",
    "bridge_account_segments",
)
COMPARED = tuple(mart for mart in MARTS if mart != "dim_dates")
#: Metrics that a rate can change; the others of this world count customers.
MONEY = {"mrr", "nrr", "grr", "ltv", "ltv_sbg", "gross_mrr_churn", "net_mrr_churn"}


class Company:
    """A world with a clock: each change lands a day later than the one before."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.runs = 0

    @property
    def known_at(self) -> datetime:
        return KNOWN_AT + timedelta(days=self.runs)

    def build(self) -> None:
        self.world.known_at = self.known_at
        self.world.build(*(f"+{mart}" for mart in MARTS))

    def publish(self) -> None:
        self.build()
        settings = self.world.settings
        with duckdb.connect(str(settings.warehouse)) as connection:
            connection.execute("create schema if not exists audit")
            connection.execute(CHECK_RESULTS_DDL)
        with run_lock(settings, run_id=f"run-{self.runs}"):
            start_run(settings, f"run-{self.runs}")
            publish(settings, passed(f"run-{self.runs}", self.known_at))
        self.runs += 1

    def supersede(self, table: str, condition: str, changed: str) -> None:
        """Let a newer version of some rows land now, as landing does."""
        moment = f"timestamp '{self.known_at}'"
        self.world.execute(
            f"""
            create table newer as select * from {table}
            where {condition} and _superseded_at is null;
            update {table} set _superseded_at = {moment}
            where {condition} and _superseded_at is null;
            update newer set _loaded_at = {moment}, _row_hash = _row_hash || '+', {changed};
            insert into {table} select * from newer;
            drop table newer
            """
        )

    def numbers(self) -> dict[str, pd.DataFrame]:
        """Give every mart in the order of its keys."""
        with duckdb.connect(str(self.world.settings.warehouse), read_only=True) as connection:
            frames = {
                mart: connection.execute(f"select * from marts.{mart}").df() for mart in COMPARED
            }
        return {mart: _ordered(frame) for mart, frame in frames.items()}

    def causes(self) -> dict[str, set[str]]:
        """Give the causes of the newest version's restatements, by metric."""
        rows = published(
            self.world.settings,
            "select distinct metric, cause from restatements"
            " where version = (select version from publication)",
        )
        return {metric: {cause for found, cause in rows if found == metric} for metric, _ in rows}


def _ordered(frame: pd.DataFrame) -> pd.DataFrame:
    keys = [name for name in frame if not pd.api.types.is_float_dtype(frame[name])]
    return frame.sort_values(keys, ignore_index=True)


def _assert_same(found: dict[str, pd.DataFrame], expected: dict[str, pd.DataFrame]) -> None:
    for mart, frame in expected.items():
        # sums of many threads differ in their last digits
        pd.testing.assert_frame_equal(found[mart], frame, rtol=1e-9, obj=mart)


@pytest.fixture(scope="module")
def company(make_world: Callable[..., World]) -> Company:
    rows = random_billing(customers=40, seed=11).rows
    registry = {
        "metric_parameters": [
            {"parameter": "kpi_months", "value_number": 12.0},
            {"parameter": "churn_date", "value_text": "service_period_end"},
        ],
        "company": [
            {
                "company_name": "Example Tools",
                "reporting_currency": "USD",
                "fiscal_year_start_month": 7,
                "time_zone": "UTC",
                "customer_level": "account",
            }
        ],
    }
    made = Company(make_world(rows, registry))
    made.world.as_of_date = AS_OF
    made.publish()
    return made


@pytest.fixture(scope="module")
def first_numbers(company: Company) -> dict[str, pd.DataFrame]:
    return company.numbers()


def test_fiscal_year_is_named_after_its_end(company: Company) -> None:
    days = "(date '2029-06-30', date '2029-07-01', date '2029-12-31', date '2030-01-01')"
    found = company.world.query(
        "select fiscal_year, fiscal_quarter from marts.dim_dates"
        f" where calendar_date in {days} order by calendar_date"
    )
    assert found == [(2029, 4), (2030, 1), (2030, 2), (2030, 3)]


def test_a_second_run_restates_nothing(company: Company, first_numbers: dict) -> None:
    company.publish()
    assert company.causes() == {}
    _assert_same(company.numbers(), first_numbers)


def test_late_data_is_named(company: Company, first_numbers: dict) -> None:
    company.supersede(
        "raw_billing.subscription_items", "subscription_item_id like '%-0'", "quantity = 50"
    )
    company.publish()
    causes = company.causes()
    assert set.union(*causes.values()) == {"late_data"}
    assert {"mrr", "nrr", "grr"} <= causes.keys()


def test_same_clocks_give_the_same_numbers_whatever_landed_since(
    company: Company, first_numbers: dict
) -> None:
    now = company.numbers()
    runs, company.runs = company.runs, 0
    company.build()
    _assert_same(company.numbers(), first_numbers)
    company.runs = runs
    assert not now["fct_mrr_movements"].equals(first_numbers["fct_mrr_movements"])


def test_exchange_rate_is_named_and_no_count_blames_it(company: Company) -> None:
    company.supersede("raw_finance.fx_rates", "from_currency = 'EUR'", "rate = rate * 1.2")
    company.publish()
    causes = company.causes()
    assert set.union(*causes.values()) == {"fx_rate_changed"}
    assert causes.keys() <= MONEY


def test_merge_is_named(company: Company) -> None:
    company.supersede("raw_crm.accounts", "account_id = 'A003'", "merged_into_id = 'A001'")
    company.publish()
    causes = company.causes()
    assert set.union(*causes.values()) == {"accounts_merged"}


def test_definition_is_named(company: Company) -> None:
    company.world.execute(
        "update icp_registry.metric_parameters set value_text = 'cancelled_at'"
        " where parameter = 'churn_date'"
    )
    company.supersede(
        "raw_billing.subscriptions", "ended_at is not null", "cancelled_at = started_at + 40"
    )
    company.publish()
    assert "definition_changed" in company.causes()["mrr"]
    (evidence,) = published(
        company.world.settings,
        "select distinct evidence from restatements where cause = 'definition_changed'",
    )[0]
    assert "churn_date service_period_end → cancelled_at" in evidence


def test_history_keeps_every_cause(company: Company) -> None:
    found = published(company.world.settings, "select distinct cause from restatements order by 1")
    assert found == [
        ("accounts_merged",), ("definition_changed",), ("fx_rate_changed",), ("late_data",)
    ]  # fmt: skip
