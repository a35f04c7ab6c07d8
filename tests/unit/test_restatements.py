"""Values frozen at each publication, and what a later version says of those that changed (T40)."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from gate_candidate import KNOWN_AT, build_candidate, passed, published, settings_in

from dagster_project.publication.lock import run_lock
from dagster_project.publication.publish import publish, rollback
from dagster_project.publication.run_status import start_run
from dagster_project.publication.state import open_state
from dagster_project.resources.settings import Settings

_MARTS = """
    create schema if not exists icp_registry; create schema if not exists landing;
    create table marts.dim_segments as select * from (values
        ('all', 'all', 'all'), ('industry', 'retail', 'firmographic'),
        ('industry', 'software', 'firmographic'), ('industry_x_size', 'retail_small', 'crossed')
    ) as t(segment_scheme, segment, scheme_kind);
    create table marts.segment_kpis as select * from (values
        ('portfolio', null, 'all', 'all', date '2030-05-01', 'nrr', 'nrr_cohort_12m', 1.1e0, true),
        ('portfolio', null, 'industry', 'retail', date '2030-05-01', 'nrr', 'nrr_cohort_12m', 1.2,
            true),
        ('portfolio', null, 'industry', 'software', date '2030-05-01', 'nrr', 'nrr_cohort_12m',
            0.9, true),
        ('product', 'atlas', 'all', 'all', date '2030-05-01', 'win_rate', 'closed_12m', 0.25, true),
        ('portfolio', null, 'all', 'all', date '2030-05-01', 'cac', 'cac_paid', null, true),
        ('portfolio', null, 'all', 'all', date '2030-06-01', 'nrr', 'nrr_cohort_12m', 1.0, false),
        ('portfolio', null, 'industry_x_size', 'retail_small', date '2030-05-01', 'nrr',
            'nrr_cohort_12m', 1.0, true)
    ) as t(scope, product_id, segment_scheme, segment, period_month, metric, metric_definition,
        value, is_complete);
    create table marts.fct_mrr_movements as select * from (values
        ('c1', date '2030-05-01', 100.00, 'expansion', 20.00, 120.00, true),
        ('c2', date '2030-05-01', 0.00, 'new', 80.00, 80.00, true),
        ('c2', date '2030-06-01', 80.00, 'none', 0.00, 80.00, false)
    ) as t(customer_id, period_month, opening_mrr, movement, movement_amount, closing_mrr,
        is_complete);
    create table marts.bridge_account_segments as select * from (values
        ('acc-1', 'industry', 'retail'), ('acc-2', 'industry', 'software')
    ) as t(account_id, segment_scheme, segment);
    create table icp_registry.metric_parameters as select * from (values
        ('churn_date', 'service_period_end', null), ('min_n', null, 30.0)
    ) as t(parameter, value_text, value_number);
    create table icp_registry.segment_rules as
        select 'industry' as segment_scheme, 'retail' as segment, 'industry' as attribute,
            'in' as operator, 'retail' as value_text, null as value_low, null as value_high;
    create table intermediate.int_fx_rates as select * from (values
        ('EUR', 1.25e0, 'USD'), ('USD', 1.0, 'USD')
    ) as t(currency, rate_to_reporting, reporting_currency);
    create table intermediate.int_account_survivors as select * from (values
        ('crm', 'acc-1', 'acc-1'), ('crm', 'acc-9', 'acc-9')
    ) as t(source_system, account_id, surviving_account_id);
    create table intermediate.int_kpi_metrics as select * from (values
        ('nrr_cohort_12m', 'ratio'), ('closed_12m', 'share'), ('cac_paid', 'cost')
    ) as t(metric_definition, kind);
    create table landing.loads (status varchar, loaded_at timestamp, rows_inserted bigint)
"""
_NRR = "segment_scheme = 'all' and metric = 'nrr' and period_month = date '2030-05-01'"


class Company:
    """A deployment whose candidate a test changes by hand between publications."""

    def __init__(self, settings: Settings, runs: int) -> None:
        self.settings = settings
        self.runs = runs

    def change(self, *statements: str) -> None:
        with duckdb.connect(str(self.settings.warehouse)) as connection:
            for statement in statements:
                connection.execute(statement)

    def publish(self) -> None:
        self.runs += 1
        with run_lock(self.settings, run_id=f"run-{self.runs}"):
            start_run(self.settings, f"run-{self.runs}")
            publish(self.settings, passed(f"run-{self.runs}", KNOWN_AT + timedelta(days=self.runs)))

    def restatements(self, columns: str, condition: str = "true") -> list[tuple]:
        return published(
            self.settings, f"select {columns} from restatements where {condition} order by all"
        )

    def frozen(self) -> int:
        with open_state(self.settings) as state:
            return state.execute("select count(*) from frozen_values").fetchall()[0][0]


@pytest.fixture(scope="module")
def once_published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    build_candidate(settings_in(folder), 1)
    made = Company(settings_in(folder), runs=0)
    made.change(_MARTS)
    made.publish()
    return folder


@pytest.fixture
def company(once_published: Path, tmp_path: Path) -> Company:
    folder = shutil.copytree(once_published, tmp_path / "company")
    return Company(settings_in(folder), runs=1)


def test_first_publication_freezes_complete_months_of_first_level_schemes(company: Company) -> None:
    # 4 of segment_kpis: not the value that is null, the running month, the crossed scheme;
    # opening, closing and one total for each of 6 movements of May
    assert company.frozen() == 4 + 8
    assert company.restatements("*") == []
    with open_state(company.settings) as state:
        totals = state.execute(
            "select metric_definition, value from frozen_values where metric = 'mrr'"
        ).fetchall()
    assert dict(totals) == {
        "opening_mrr_total": 100, "closing_mrr_total": 200, "new_mrr_total": 80,
        "expansion_mrr_total": 20, "cross_sell_mrr_total": 0, "reactivation_mrr_total": 0,
        "contraction_mrr_total": 0, "churn_mrr_total": 0,
    }  # fmt: skip


def test_publishing_the_same_values_again_adds_nothing(company: Company) -> None:
    before = company.frozen()
    company.publish()
    company.publish()
    assert company.frozen() == before
    assert company.restatements("*") == []


def _late(company: Company) -> None:
    company.change(
        f"update marts.segment_kpis set value = 1.05 where {_NRR}",
        "insert into landing.loads values ('loaded', timestamp '2030-07-02 12:00:00', 340)",
    )


def _merged(company: Company) -> None:
    company.change(
        f"update marts.segment_kpis set value = 1.05 where {_NRR}",
        "update marts.segment_kpis set value = 1.25 where segment = 'retail'",
        "update marts.segment_kpis set value = 0.8 where segment = 'software'",
        "update intermediate.int_account_survivors set surviving_account_id = 'acc-1'"
        " where account_id = 'acc-9'",
    )


def _rate_moved(company: Company) -> None:
    company.change(
        "update intermediate.int_fx_rates set rate_to_reporting = 1.375 where currency = 'EUR'",
        f"update marts.segment_kpis set value = 1.16 where {_NRR}",
        "update marts.segment_kpis set value = 0.3 where metric = 'win_rate'",
    )


def _defined_anew(company: Company) -> None:
    company.change(
        f"update marts.segment_kpis set value = 1.05 where {_NRR}",
        "update icp_registry.metric_parameters set value_text = 'cancelled_at'"
        " where parameter = 'churn_date'",
    )


@pytest.mark.parametrize(
    ("happen", "cause", "said"),
    [
        (_late, "late_data", "340 rows landed since 2030-07-02 06:00 UTC"),
        (_merged, "accounts_merged", "1 accounts merged"),
        (_rate_moved, "fx_rate_changed", "EUR 1.25 → 1.375"),
        (_defined_anew, "definition_changed", "churn_date service_period_end → cancelled_at"),
    ],
)
def test_cause_is_what_changed(
    company: Company, happen: Callable[[Company], None], cause: str, said: str
) -> None:
    happen(company)
    company.publish()
    ((found, evidence, old, first, last, restated),) = company.restatements(
        "cause, evidence, old_value, first_frozen_at, last_frozen_at, restated_at", _NRR
    )
    assert found == cause
    assert said in evidence
    assert old == pytest.approx(1.1)
    assert first == last < restated


def test_merge_explains_only_segments_of_the_accounts_that_merged(company: Company) -> None:
    _merged(company)
    company.publish()
    causes = company.restatements("segment, cause", "segment_scheme = 'industry'")
    assert causes == [("retail", "accounts_merged"), ("software", "late_data")]


def test_rate_explains_neither_counts_nor_more_than_it_can_move(company: Company) -> None:
    _rate_moved(company)
    company.change("update marts.segment_kpis set value = 1.8 where segment = 'retail'")
    company.publish()
    causes = dict(company.restatements("metric || ' ' || segment, cause"))
    assert causes["win_rate all"] == "late_data"
    assert causes["nrr retail"] == "late_data"
    assert causes["nrr all"] == "fx_rate_changed"


@pytest.mark.parametrize(
    ("of_all", "cause"), [("1.1", "fx_rate_changed"), ("1.9", "late_data")], ids=["kept", "changed"]
)
def test_rate_moves_customers_between_segments_by_mrr(
    company: Company, of_all: str, cause: str
) -> None:
    company.change("update icp_registry.segment_rules set attribute = 'current_mrr'")
    company.publish()
    _rate_moved(company)
    # far more than the rate moves any amount: somebody came or left
    company.change(
        "update marts.segment_kpis set value = 1.8 where segment = 'retail'",
        f"update marts.segment_kpis set value = {of_all} where {_NRR}",
    )
    company.publish()
    ((found, evidence),) = company.restatements("cause, evidence", "segment = 'retail'")
    assert found == cause
    assert ("EUR 1.25 → 1.375" in evidence) == (cause == "fx_rate_changed")


def test_small_changes_are_judged_against_the_value_last_frozen(company: Company) -> None:
    for value in (1.1005, 1.1009):
        company.change(f"update marts.segment_kpis set value = {value} where {_NRR}")
        company.publish()
    assert company.restatements("*") == []
    company.change(f"update marts.segment_kpis set value = 1.1012 where {_NRR}")
    company.publish()
    assert company.restatements("old_value, new_value") == [(1.1, 1.1012)]


def test_drift_of_rates_is_told_once_it_adds_up_and_blamed_on_nothing_else(
    company: Company,
) -> None:
    for rate, value in ((1.26, 1.105), (1.27, 1.109)):
        company.change(
            f"update intermediate.int_fx_rates set rate_to_reporting = {rate}"
            " where currency = 'EUR'",
            f"update marts.segment_kpis set value = {value} where {_NRR}",
        )
        company.publish()
        assert company.restatements("*") == []
    # another day without a new rate: what drifted is no late data
    company.publish()
    assert company.restatements("*") == []
    company.change(f"update marts.segment_kpis set value = 1.115 where {_NRR}")
    company.publish()
    assert company.restatements("cause, old_value, new_value") == [("late_data", 1.109, 1.115)]
    company.change(
        "update intermediate.int_fx_rates set rate_to_reporting = 1.3 where currency = 'EUR'",
        f"update marts.segment_kpis set value = 1.13 where {_NRR}",
    )
    company.publish()
    assert company.restatements("old_value, new_value", "cause = 'fx_rate_changed'") == [
        (1.115, 1.13)
    ]


def test_value_withdrawn_and_given_again_is_restated_twice(company: Company) -> None:
    for value in ("null", "1.3"):
        company.change(f"update marts.segment_kpis set value = {value} where {_NRR}")
        company.publish()
    assert company.restatements("new_value, old_value") == [(1.3, None), (None, 1.1)]


def test_month_that_a_metric_no_longer_covers_is_not_withdrawn(company: Company) -> None:
    company.change(
        "update marts.segment_kpis set value = null"
        " where metric = 'nrr' and period_month = date '2030-05-01'",
        "update marts.segment_kpis set is_complete = true where period_month = date '2030-06-01'",
    )
    company.publish()
    assert company.restatements("*") == []
    # with no month left at all the metric itself is gone
    company.change("update marts.segment_kpis set value = null where metric = 'nrr'")
    company.publish()
    assert len(company.restatements("*", "new_value is null")) == 4


def test_new_month_and_value_given_for_the_first_time_are_no_restatements(
    company: Company,
) -> None:
    before = company.frozen()
    company.change(
        "update marts.segment_kpis set value = 900 where metric = 'cac'",
        "update marts.segment_kpis set is_complete = true where period_month = date '2030-06-01'",
    )
    company.publish()
    assert company.restatements("*") == []
    assert company.frozen() == before + 2


def test_rollback_and_what_follows_keep_every_restatement(company: Company) -> None:
    _late(company)
    company.publish()
    frozen = company.frozen()
    rollback(company.settings)
    assert company.restatements("*") == []
    assert company.frozen() == frozen
    company.publish()
    assert company.restatements("cause") == [("late_data",)]


def test_run_killed_before_freezing_is_made_good_by_the_next(company: Company) -> None:
    company.settings.state.unlink()
    company.change(f"update marts.segment_kpis set value = 1.05 where {_NRR}")
    company.publish()
    assert company.restatements("cause") == [("late_data",)]


def test_version_says_what_it_rests_on(company: Company) -> None:
    rows = published(company.settings, "select kind, item, value from publication_basis")
    assert ("parameter", "churn_date", "service_period_end") in rows
    assert ("fx_rate", "EUR", "1.25") in rows
    assert not any(item == "min_n" for _, item, _ in rows)
