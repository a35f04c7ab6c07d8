"""The gate on one healthy candidate, damaged in one way at a time: nothing bad gets published.

Each fault must stop publication, be named in the status with a remedy, and leave readers alone.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from gate_candidate import published
from sabotage_world import AS_OF, KNOWN_AT, SOURCE, build_healthy_world

from dagster_project.checks.dbt_tests import begin_dbt_tests
from dagster_project.checks.results import CheckResult
from dagster_project.publication import status
from dagster_project.publication.audit import DbtTests
from dagster_project.publication.build_record import Build, record_build
from dagster_project.publication.lock import run_lock
from dagster_project.publication.publish import (
    PublicationBlockedError,
    audit_and_publish,
    kept_versions,
)
from dagster_project.publication.run_status import start_run
from dagster_project.resources.dbt import project_flags, run_dbt
from dagster_project.resources.dbt_ahead import waiting_dbt
from dagster_project.resources.settings import Settings
from dagster_project.resources.warehouse import open_warehouse

_MODELS = ["build", "--resource-type", "model", "--resource-type", "snapshot"]


@dataclass
class Company:
    """A deployment with a published version and a warehouse that may be damaged."""

    settings: Settings

    def execute(self, *statements: str) -> None:
        """Damage the candidate."""
        with duckdb.connect(str(self.settings.warehouse)) as warehouse:
            for statement in statements:
                warehouse.execute(statement)

    def publish(
        self, dbt_tests: DbtTests, run_id: str = "run-2", known_at: datetime = KNOWN_AT
    ) -> None:
        """Run the gate as the publication step does."""
        with run_lock(self.settings, run_id=run_id):
            start_run(self.settings, run_id)
            audit_and_publish(
                self.settings,
                run_id=run_id,
                known_at=known_at,
                as_of_date=AS_OF,
                dbt_tests=dbt_tests,
            )


def _dbt_passed(*_: object, **__: object) -> Callable[[], list[CheckResult]]:
    """Stand in for dbt where Great Expectations must find the fault by itself."""
    passed = CheckResult("dbt", "marts", "marts.dim_accounts", "passed", "error", 0, "0", "0", "")
    return lambda: [passed]


@pytest.fixture(scope="session")
def healthy(tmp_path_factory: pytest.TempPathFactory, dbt_state: Path) -> Settings:
    """Build the healthy company with dbt and publish it after every check of Great Expectations.

    What dbt's own tests say of it, `test_dbt_test_of_a_mart_stops_publication` asks.
    """
    folder = tmp_path_factory.mktemp("healthy")
    settings = Settings(icp_home=folder, data_dir=folder, sources_dir=folder)
    (folder / "dbt").symlink_to(dbt_state)
    build_healthy_world(settings.warehouse)
    outcome = run_dbt(_MODELS, settings=settings, known_at=KNOWN_AT, as_of_date=AS_OF)
    assert outcome.success, outcome.error or [f"{n.name}: {n.message}" for n in outcome.failed]
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        record_build(warehouse, Build("run-1", KNOWN_AT, AS_OF), is_complete=True)
    with run_lock(settings, run_id="run-1"):
        audit, _ = audit_and_publish(
            settings, run_id="run-1", known_at=KNOWN_AT, as_of_date=AS_OF, dbt_tests=_dbt_passed
        )
    assert audit.warnings == []
    assert {result.layer for result in audit.results} >= {"raw", "marts", "activation"}
    return settings


@pytest.fixture
def company(healthy: Settings, tmp_path: Path, dbt_state: Path) -> Company:
    """Give a copy of the healthy company of one's own."""
    for name in ("warehouse.duckdb", "state.duckdb", "run_status.json"):
        shutil.copyfile(healthy.data_dir / name, tmp_path / name)
    shutil.copytree(healthy.published.parent, tmp_path / "published")
    (tmp_path / "dbt").symlink_to(dbt_state)
    return Company(Settings(icp_home=tmp_path, data_dir=tmp_path, sources_dir=tmp_path))


@pytest.fixture
def reader(company: Company) -> Iterator[duckdb.DuckDBPyConnection]:
    """Hold the published file open, as a dashboard does."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{company.settings.published}' as icp (read_only)")
        connection.execute("use icp.published")
        yield connection


def _reload(entity: str, **changes: object) -> str:
    """Give the ledger row of a second load of an entity's file, in run-2."""
    values = {
        "load_id": f"'again-{entity}'",
        "run_id": "'run-2'",
        "loaded_at": "loaded_at + interval 1 hour",
    } | changes
    replaced = ", ".join(f"{value} as {name}" for name, value in values.items())
    return (
        f"insert into landing.loads by name select * replace ({replaced}) from landing.loads"
        f" where entity = '{entity}' and run_id = 'run-1'"
    )


_HALF_NULLABLE = "alter table marts.fct_tickets alter column ticket_id drop not null"

#: fault -> (what landing or dbt would have left behind, the relation and check that must say so)
FAULTS: dict[str, tuple[list[str], str, str]] = {
    "duplicates past tolerance": (
        ["insert into raw_crm.accounts select * from raw_crm.accounts where account_id < 'acc-05'"],
        "raw_crm.accounts",
        f"duplicate_rate__{SOURCE}",
    ),
    "null key column at the source": (
        ["update raw_crm.opportunities set opportunity_id = null"],
        "raw_crm.opportunities",
        f"null_key_rate__{SOURCE}",
    ),
    "null key column in a mart": (
        [_HALF_NULLABLE, "update marts.fct_tickets set ticket_id = null where ticket_id = 't-03'"],
        "marts.fct_tickets",
        "not_null__ticket_id",
    ),
    "negative MRR": (
        [
            "update marts.fct_mrr_movements set closing_mrr = -5,"
            " movement_amount = -5 - opening_mrr"
            " where customer_id = 'acc-02' and period_month = date '2030-06-01'"
        ],
        "marts.fct_mrr_movements",
        "range__closing_mrr__smallest",
    ),
    "a month missing from the spine": (
        [
            "delete from marts.fct_mrr_movements where customer_id = 'acc-02'"
            " and period_month = date '2029-03-01'"
        ],
        "marts.fct_mrr_movements",
        "months_contiguous",
    ),
    "the last month missing from the spine": (
        [
            "delete from marts.fct_mrr_product_movements where customer_id = 'acc-02'"
            " and period_month = date '2030-06-01'"
        ],
        "marts.fct_mrr_product_movements",
        "months_contiguous",
    ),
    "ICP points above their maximum": (
        ["update marts.icp_scores set points = max_points + 1 where account_id = 'acc-02'"],
        "marts.icp_scores",
        "points_within_maximum",
    ),
    "90% of a source's rows gone": (
        [
            "update raw_crm.accounts set _superseded_at = _loaded_at where account_id >= 'acc-04'",
            _reload("crm.accounts", rows_before="40", rows_after="4", rows_read="4"),
        ],
        "raw_crm.accounts",
        f"drop_rate__{SOURCE}",
    ),
    "a column whose type changed": (
        [
            _reload("crm.accounts"),
            "insert into landing.field_errors by name select 'again-crm.accounts' as load_id,"
            " _source as source, 'crm.accounts' as entity, 'crm/accounts.csv' as file,"
            " 'employees' as column_name, 'not an integer' as rule, false as is_required,"
            " _loaded_at as loaded_at from raw_crm.accounts",
        ],
        "raw_crm.accounts",
        f"field_error_rate__{SOURCE}",
    ),
    "an unmapped renamed column": (
        [
            _reload(
                "billing.subscription_items",
                status="'failed'",
                error="'column unit_amount is not in the file; not mapped: unit_price'",
                rows_read="null",
            )
        ],
        "raw_billing.subscription_items",
        f"failed_loads__{SOURCE}",
    ),
    "a renamed column that nobody mapped": (
        ["update raw_crm.accounts set employees = null"],
        "raw_crm.accounts",
        f"emptied_rate__{SOURCE}",
    ),
    "segment KPIs without a row": (
        ["delete from marts.segment_kpis"],
        "marts.segment_kpis",
        "not_empty",
    ),
    "cohorts without a row": (
        ["delete from marts.cohort_retention"],
        "marts.cohort_retention",
        "not_empty",
    ),
    "product scores without a row": (
        ["delete from marts.product_icp_scores"],
        "marts.product_icp_scores",
        "not_empty",
    ),
    "a share above one, of another window than usual": (
        [
            "update intermediate.int_kpi_metrics set metric = 'time_to_value_30d'"
            " where metric = 'time_to_value_90d'",
            "update marts.segment_kpis set metric = 'time_to_value_30d', value = 1.5, reason = null"
            " where metric = 'time_to_value_90d'",
        ],
        "marts.segment_kpis",
        "rates_within_bounds",
    ),
    "an e-mail address as a rejected key": (
        [
            "insert into marts.rejected_rows by name select 'crm.contacts' as entity,"
            f" '{SOURCE}' as source_system, 'jo@invented.example' as row_key, 'x' as rule,"
            " 'staging' as stage, 'rejected' as disposition, 1 as row_count"
        ],
        "marts.rejected_rows",
        "no_personal_keys",
    ),
    "an e-mail address as an owner": (
        ["update marts.fct_opportunities set owner_id = 'jo@invented.example'"],
        "marts.fct_opportunities",
        "no_personal_keys",
    ),
    "the table of a renamed model": (
        ["create table marts.fct_deals as select 1 as deal"],
        "marts",
        "no_unknown_tables",
    ),
    "a mart that is gone": (
        ["drop table marts.dim_segments"],
        "marts",
        "no_missing_tables",
    ),
    "an empty file": (
        [_reload("support.tickets", rows_read="0", rows_inserted="0")],
        "raw_support.tickets",
        f"empty_files__{SOURCE}",
    ),
}


#: Faults that hide others: of the same load, or of the same table.
_SECOND_GROUP = (
    "90% of a source's rows gone",
    "a month missing from the spine",
    "cohorts without a row",
    "a share above one, of another window than usual",
    "a mart that is gone",
)


@pytest.mark.parametrize("is_second", [False, True], ids=["first group", "second group"])
def test_every_fault_is_among_those_that_stop_publication(
    company: Company, reader: duckdb.DuckDBPyConnection, is_second: bool
) -> None:
    faults = [fault for name, fault in FAULTS.items() if (name in _SECOND_GROUP) == is_second]
    company.execute(*(statement for statements, _, _ in faults for statement in statements))
    _assert_blocked(company, reader, *((relation, check) for _, relation, check in faults))


@pytest.mark.prove
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_alone_stops_publication(
    company: Company, reader: duckdb.DuckDBPyConnection, fault: str
) -> None:
    statements, relation, check = FAULTS[fault]
    company.execute(*statements)
    _assert_blocked(company, reader, (relation, check))


def _assert_blocked(
    company: Company,
    reader: duckdb.DuckDBPyConnection,
    *expected: tuple[str, str],
    known_at: datetime = KNOWN_AT,
) -> None:
    settings = company.settings
    inode, versions = settings.published.stat().st_ino, kept_versions(settings)
    before = reader.execute("select count(*), max(account_id) from dim_accounts").fetchall()
    with pytest.raises(PublicationBlockedError) as blocked:
        company.publish(_dbt_passed, known_at=known_at)
    found = status(settings)
    assert found.is_stale
    assert found.last_failure is not None and found.last_failure.run_id == "run-2"
    for relation, check in expected:
        named = [
            failure
            for failure in blocked.value.failures
            if (failure.relation, failure.check_name) == (relation, check)
        ]
        assert named, [failure.message for failure in blocked.value.failures]
        assert named[0].message in found.reasons
        # relation, observed, threshold and a remedy
        assert relation in named[0].message and "(allowed: " in named[0].message
        assert named[0].observed is not None and named[0].observed in named[0].message
        assert named[0].message.count(". ") >= 1
    # readers: the same file, the same content, no new version
    assert settings.published.stat().st_ino == inode
    assert kept_versions(settings) == versions
    assert reader.execute("select count(*), max(account_id) from dim_accounts").fetchall() == before
    assert published(settings, "select run_id from publication") == [("run-1",)]


def test_stale_source_stops_publication(
    company: Company, reader: duckdb.DuckDBPyConnection
) -> None:
    late = KNOWN_AT + timedelta(days=10)
    _assert_blocked(
        company, reader, (f"source {SOURCE}", f"freshness_error__{SOURCE}"), known_at=late
    )


def test_dbt_test_of_a_mart_stops_publication(
    company: Company, reader: duckdb.DuckDBPyConnection
) -> None:
    """Run the real dbt tests: a key repeated in a mart is theirs to find."""
    company.execute(
        "create or replace table marts.dim_products as from marts.dim_products"
        " union all from marts.dim_products"
    )
    with pytest.raises(PublicationBlockedError) as blocked:
        company.publish(begin_dbt_tests)
    # nothing else of the healthy company fails a test
    assert {failure.relation for failure in blocked.value.failures} == {"marts.dim_products"}
    named = blocked.value.failures[0]
    assert "dim_products" in named.check_name and named.failed_rows
    assert named.message in status(company.settings).reasons


@pytest.mark.prove
def test_dbt_that_waits_tests_the_marts_while_this_process_reads_them(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_here(*_: object, **__: object) -> None:
        raise AssertionError("the waiting dbt did not do it")

    monkeypatch.setattr("dagster_project.resources.dbt_beside.run_dbt", not_here)
    settings = company.settings
    clocks = {"known_at": KNOWN_AT, "as_of_date": AS_OF}
    folder = settings.data_dir / "dbt"
    with waiting_dbt(folder, *project_flags("duckdb"), "--no-write-json"):
        found = begin_dbt_tests(settings, **clocks)
        with open_warehouse(settings, read_only=True) as connection:
            assert connection.execute("select count(*) from marts.dim_products").fetchall()
            results = found()
        assert len(results) > 50
        assert {result.status for result in results} == {"passed"}
        company.execute("insert into marts.dim_products from marts.dim_products")
        failed = [result for result in begin_dbt_tests(settings, **clocks)() if result.is_failed]
    assert [result.relation for result in failed] == ["marts.dim_products"]
    assert failed[0].failed_rows == 2


@pytest.mark.prove
def test_fault_of_a_failed_run_is_still_a_fault_in_the_next_one(company: Company) -> None:
    """The run after finds few rows before and few after: only the published version remembers."""
    company.execute(*FAULTS["90% of a source's rows gone"][0])
    with pytest.raises(PublicationBlockedError):
        company.publish(_dbt_passed)
    company.execute(
        _reload("crm.accounts", load_id="'third'", run_id="'run-3'", rows_before="4",
                rows_after="4", status="'unchanged'", loaded_at="loaded_at + interval 2 hour")
    )  # fmt: skip
    with pytest.raises(PublicationBlockedError, match="drop_rate|rows lost"):
        company.publish(_dbt_passed, run_id="run-3")


@pytest.mark.prove
def test_declared_loss_and_late_source_publish_with_warnings(company: Company) -> None:
    """Let a loss within its owner's tolerance through, and a source that is late but not stale."""
    company.execute(*FAULTS["90% of a source's rows gone"][0])
    company.execute("update icp_registry.tolerances set threshold = 1 where rule = 'max_drop_rate'")
    company.publish(_dbt_passed, known_at=KNOWN_AT + timedelta(hours=40))
    rows = published(
        company.settings,
        "select check_name, severity, is_blocking from data_quality where status <> 'passed'",
    )
    assert rows == [(f"freshness_warn__{SOURCE}", "warn", False)]
    checks = published(
        company.settings, "select count(*) > 200, count(distinct run_id) from data_quality"
    )
    assert checks == [(True, 1)]
    assert published(company.settings, "select run_id from publication") == [("run-2",)]
    assert not status(company.settings).is_stale


def test_nothing_that_could_not_be_judged_passes(company: Company) -> None:
    """Break the build's end, a column that a check needs, and dbt itself: three failures."""

    def broken(*_: object, **__: object) -> Callable[[], list[CheckResult]]:
        def results() -> list[CheckResult]:
            raise RuntimeError("dbt is not here")

        return results

    company.execute("alter table marts.segment_kpis rename column denominator to bottom")
    with duckdb.connect(str(company.settings.warehouse)) as warehouse:
        begun = Build("run-2", KNOWN_AT + timedelta(hours=1), AS_OF)
        record_build(warehouse, begun, is_complete=False)
    with pytest.raises(PublicationBlockedError) as blocked:
        company.publish(broken)
    said = "\n".join(failure.message for failure in blocked.value.failures)
    assert "the last build did not end" in said
    assert "no column denominator" in said
    assert "dbt is not here" in said
    assert {failure.status for failure in blocked.value.failures} == {"error"}
