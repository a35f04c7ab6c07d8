"""The gate's measures: profiles, the landing ledger, raw rows, dbt's answers. No suite is run."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from gate_candidate import AS_OF, KNOWN_AT, publish_marker, settings_in
from raw_world import add_rows, create_empty_world

from dagster_project.checks import loads, profile
from dagster_project.checks.dbt_tests import results_of
from dagster_project.checks.mart_rules import MARTS
from dagster_project.checks.profile_history import Baseline, keep_profiles, read_baseline
from dagster_project.checks.raw_measures import RawMeasures, measure_raw
from dagster_project.checks.results import (
    KEPT_RUNS,
    CheckResult,
    blocking,
    stamped,
    write_results,
)
from dagster_project.checks.tolerances import read_tolerances
from dagster_project.publication.audit import _unpublished_days
from dagster_project.publication.build_record import Build, record_build
from dagster_project.resources.dbt import DBT_PROJECT, DbtNode, DbtOutcome

PAIR = ("harbor", "crm.accounts")


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give an empty warehouse in memory, as landing and the registry would make it."""
    with duckdb.connect(":memory:") as connection:
        create_empty_world(connection)
        yield connection


def _insert(connection: duckdb.DuckDBPyConnection, table: str, *rows: dict[str, Any]) -> None:
    for row in rows:
        marks = ", ".join("?" for _ in row)
        connection.execute(
            f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values())
        )


def _load(number: int, **values: Any) -> dict[str, Any]:
    return {
        "load_id": f"load-{number}",
        "run_id": f"run-{number}",
        "source": "harbor",
        "entity": "crm.accounts",
        "file": "accounts.csv",
        "status": "loaded",
        "rows_read": 100,
        "loaded_at": datetime(2030, 6, number),  # noqa: DTZ001
        **values,
    }


# profiles


@pytest.fixture
def sales(warehouse: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    warehouse.execute("create schema marts")
    warehouse.execute(
        "create table marts.sales as select * from (values"
        " ('a', 1, 10.0, date '2030-01-01'), ('b', 2, null, date '2030-01-02'),"
        " ('b', 3, 30.0, date '2030-01-03'), (null, 4, 20.0, date '2030-01-04')"
        ") as t(name, n, amount, sold_on)"
    )
    return warehouse


def test_profile_has_a_row_per_column(sales: duckdb.DuckDBPyConnection) -> None:
    frame = profile.profile(sales, "marts.sales").set_index("column_name")
    assert tuple(frame.reset_index().columns) == ("column_name", *(
        name for name in profile.PROFILE_COLUMNS if name != "column_name"
    ))  # fmt: skip
    assert frame.loc["name", ["row_count", "null_count", "distinct_count"]].tolist() == [4, 1, 2]
    amount = frame.loc["amount"]
    assert (amount.null_count, amount.min_number, amount.max_number, amount.p50) == (1, 10, 30, 20)
    assert frame.loc["sold_on", ["min_text", "max_text"]].tolist() == ["2030-01-01", "2030-01-04"]


def test_profile_of_a_part_counts_only_that_part(sales: duckdb.DuckDBPyConnection) -> None:
    frame = profile.profile(sales, "marts.sales", where="sold_on >= date '2030-01-03'")
    measures = profile.as_measures(frame)
    assert (measures["row_count"], measures["amount.min_number"]) == (2, 20)


def test_large_relation_counts_distinct_keys_only(
    sales: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profile, "LARGE_RELATION", 3)
    frame = profile.profile(sales, "marts.sales", keys=["name"]).set_index("column_name")
    assert frame.loc["name"].distinct_count == 2
    assert frame.loc[["n", "amount"], ["distinct_count", "p50"]].isna().all(axis=None)


def test_profile_of_an_empty_relation_counts_nothing(sales: duckdb.DuckDBPyConnection) -> None:
    sales.execute("delete from marts.sales")
    measures = profile.as_measures(profile.profile(sales, "marts.sales"))
    assert (measures["row_count"], measures["name.null_count"]) == (0, 0)


def test_profile_of_a_missing_relation_is_an_error(warehouse: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(LookupError, match="marts.gone does not exist"):
        profile.profile(warehouse, "marts.gone")


def test_profile_history_keeps_the_published_run_and_the_newest(
    sales: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dagster_project.checks.profile_history.KEPT_RUNS", 2)
    frame = profile.profile(sales, "marts.sales")
    for run in ("run-1", "run-2", "run-3", "run-4"):
        keep_profiles(sales, run, frame, published_run="run-1")
        keep_profiles(sales, run, frame, published_run="run-1")
    kept = sales.execute(
        "select run_id, count(*) from audit.profiles group by run_id order by run_id"
    ).fetchall()
    assert kept == [("run-1", 4), ("run-3", 4), ("run-4", 4)]


def test_baseline_is_what_is_published(sales: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    assert read_baseline(sales, settings) == Baseline()
    publish_marker(settings, 1, accounts=3)
    frame = profile.profile(sales, "marts.sales", counts_only=True)
    named = frame.assign(source="harbor", entity="crm.accounts")
    keep_profiles(sales, "run-1", named, published_run=None)
    # a run that failed says nothing about what is normal
    keep_profiles(sales, "run-2", named.assign(row_count=1), published_run="run-1")
    baseline = read_baseline(sales, settings)
    assert (baseline.run_id, baseline.as_of_date, baseline.known_at) == ("run-1", AS_OF, KNOWN_AT)
    assert baseline.mart_rows["dim_accounts"] == 3
    assert baseline.rows(*PAIR) == 4 and baseline.filled(*PAIR, "name") == 3
    assert baseline.rows("harbor", "crm.contacts") is None


# the landing ledger


def test_failed_load_counts_until_the_file_is_read_again(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    _insert(warehouse, "landing.loads", _load(1), _load(2, status="failed", error="no column x"))
    assert loads.failed_loads(warehouse)[PAIR] == loads.Finding(1, "accounts.csv: no column x")
    # landing tries a failed file again on every run
    _insert(warehouse, "landing.loads", _load(3, status="failed", error="no column x"))
    assert loads.failed_loads(warehouse)[PAIR].value == 1
    _insert(warehouse, "landing.loads", _load(4))
    assert loads.failed_loads(warehouse) == {}


def test_failed_file_that_is_again_what_was_landed_is_forgotten(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    # a file is only `unchanged` when its content is what is held: the bad version is gone
    _insert(warehouse, "landing.loads", _load(1), _load(2, status="failed", error="no column x"))
    _insert(warehouse, "landing.loads", _load(3, status="unchanged"))
    assert loads.failed_loads(warehouse) == {}


def test_failed_file_that_was_removed_is_forgotten(warehouse: duckdb.DuckDBPyConnection) -> None:
    _insert(
        warehouse,
        "landing.loads",
        _load(1, status="failed", file="old.csv"),
        _load(2, file="new.csv"),
    )
    assert loads.failed_loads(warehouse) == {}


def test_empty_file_is_found_and_a_full_one_is_not(warehouse: duckdb.DuckDBPyConnection) -> None:
    _insert(warehouse, "landing.loads", _load(1))
    assert loads.empty_files(warehouse) == {}
    _insert(warehouse, "landing.loads", _load(2, rows_read=0))
    assert loads.empty_files(warehouse)[PAIR] == loads.Finding(1, "accounts.csv")


@pytest.mark.parametrize(
    ("errors", "rows_read", "rate"), [(30, 100, 0.3), (1, 5, 0.02), (5, 5, 0.1), (0, 100, None)]
)
def test_field_error_rate_is_of_the_worst_column(
    warehouse: duckdb.DuckDBPyConnection, errors: int, rows_read: int, rate: float | None
) -> None:
    _insert(warehouse, "landing.loads", _load(1, rows_read=rows_read))
    shared = {key: _load(1)[key] for key in ("load_id", "source", "entity", "file", "loaded_at")}
    error = shared | {"rule": "not an integer", "is_required": False}
    rows = [error | {"column_name": "employees"}] * errors
    if errors > 1:
        rows.append(error | {"column_name": "founded_year"})
    _insert(warehouse, "landing.field_errors", *rows)
    found = loads.field_errors(warehouse).get(PAIR)
    assert (found.value if found else None) == rate
    assert found is None or "employees" in found.detail


def test_age_of_a_source_is_of_its_newest_occurrence_else_of_its_newest_load(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    # a file that was corrected since said so: nobody holds it any more
    wrong = datetime(2030, 6, 29)  # noqa: DTZ001
    _insert(
        warehouse,
        "landing.loads",
        _load(1, max_occurred=wrong),
        _load(2, entity="crm.contacts"),
        _load(3, source="lists", max_occurred=wrong),
        _load(4, source="lists", status="failed"),
    )
    rows = [("a1", "2030-05-01", None), ("a2", "2030-06-29", KNOWN_AT), ("a3", "2031-01-01", None)]
    add_rows(
        warehouse,
        {
            "crm.accounts": [
                {"account_id": key, "created_at": at, "_source": "harbor", "_superseded_at": gone}
                for key, at, gone in rows
            ]
        },
    )
    found = loads.newest_by_source(warehouse, KNOWN_AT)
    assert found["harbor"] == (datetime(2030, 5, 1), "occurrence")  # noqa: DTZ001
    assert found["lists"] == (datetime(2030, 6, 3), "load")  # noqa: DTZ001


def test_loads_before_a_source_was_retired_count_no_more(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    _insert(
        warehouse,
        "landing.loads",
        _load(1, rows_read=0, rows_before=9),
        _load(2, status="failed", file="b.csv", run_id="run-1"),
        _load(3, status="retired", rows_read=0, rows_before=4),
    )
    assert loads.landed_pairs(warehouse) == []
    assert loads.failed_loads(warehouse) == loads.empty_files(warehouse) == {}
    assert loads.most_rows_before(warehouse) == loads.newest_by_source(warehouse, KNOWN_AT) == {}
    _insert(warehouse, "landing.loads", _load(4, rows_before=2))
    assert loads.landed_pairs(warehouse) == [PAIR]
    assert loads.most_rows_before(warehouse) == {PAIR: 2}


def test_events_received_in_the_future_do_not_make_a_source_fresh(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    landed = datetime(2030, 6, 1)  # noqa: DTZ001
    event_file = {"source": "usage", "file": "f", "fingerprint": "1", "landed_at": landed}
    _insert(warehouse, "landing.event_files", event_file | {"max_received": datetime(2031, 1, 1)})  # noqa: DTZ001
    assert loads.newest_by_source(warehouse, KNOWN_AT)["usage"] == (landed, "occurrence")


def test_undeclared_tolerance_has_its_default(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = [
        ("harbor", "crm.accounts", "max_drop_rate", 0.9, "error"),
        ("harbor", "crm.contacts", "max_drop_rate", 0.2, "error"),
        ("harbor", "*", "freshness_hours", 36, "warn"),
    ]
    names = ("source", "entity", "rule", "threshold", "severity")
    _insert(
        warehouse, "icp_registry.tolerances", *(dict(zip(names, row, strict=True)) for row in rows)
    )
    declared = read_tolerances(warehouse)
    assert declared.of(*PAIR, "max_drop_rate") == 0.9
    assert declared.of(*PAIR, "duplicate_rate") == 0.01
    assert declared.widest(("crm.accounts", "crm.contacts"), "max_drop_rate") == 0.9
    assert declared.pairs == [PAIR, ("harbor", "crm.contacts")]
    assert declared.freshness == {("harbor", "warn"): 36}


# raw rows


def _measure(
    connection: duckdb.DuckDBPyConnection, baseline: Baseline | None = None, entity: str = PAIR[1]
) -> RawMeasures:
    (found,) = measure_raw(connection, [("sample", entity)], baseline or Baseline())
    return found


def test_raw_rates_are_of_current_rows_of_the_source(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows: list[dict[str, Any]] = [{"account_id": f"a{i}"} for i in range(8)]
    rows += [{"account_id": "a0"}, {"name": "no key"}]
    rows += [{"account_id": "a1", "_superseded_at": KNOWN_AT}, {"account_id": "a1", "_source": "x"}]
    add_rows(warehouse, {"crm.accounts": rows})
    found = _measure(warehouse).values
    assert found["row_count"] == 10
    assert found["null_key_rate"] == 0.1
    assert found["duplicate_rate"] == pytest.approx(1 / 9)


def test_raw_drop_is_from_the_published_count_or_the_most_held(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    add_rows(warehouse, {"crm.accounts": [{"account_id": "a1"}]})
    assert _measure(warehouse).values["drop_rate"] == 0
    _insert(warehouse, "landing.loads", _load(1, source="sample", rows_before=4))
    assert _measure(warehouse).values["drop_rate"] == 0.75
    published = Baseline(run_id="r", counts={("sample", "crm.accounts", "account_id"): (2, 2)})
    assert _measure(warehouse, published).values["drop_rate"] == 0.5


def test_emptied_column_is_named(warehouse: duckdb.DuckDBPyConnection) -> None:
    add_rows(warehouse, {"crm.accounts": [{"account_id": f"a{i}", "domain": "d"} for i in "123"]})
    counts = {("sample", "crm.accounts", name): (3, 3) for name in ("domain", "industry")}
    found = _measure(warehouse, Baseline(run_id="r", counts=counts))
    assert found.values["emptied_rate"] == 1
    assert found.details["emptied_rate"] == "column industry: 0 values now, 3 before"


def test_table_of_another_shape_is_measured_by_what_is_wrong(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    assert _measure(warehouse).values["wrong_types"] == 0
    warehouse.execute("alter table raw_crm.contacts alter column created_at type varchar")
    warehouse.execute("alter table raw_crm.contacts drop column email")
    found = _measure(warehouse, entity="crm.contacts")
    assert (found.values["wrong_types"], found.values["missing_columns"]) == (1, 1)
    assert found.details["missing_columns"] == "email"
    assert "created_at is varchar" in found.details["wrong_types"]
    warehouse.execute("drop table raw_crm.leads")
    gone = _measure(warehouse, entity="crm.leads")
    assert gone.values["missing_columns"] == 1 and "row_count" not in gone.values


def test_events_are_counted_in_the_ledger_and_looked_at_for_the_newest_day(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    days = ["2030-06-01 10:00:00", "2030-06-02 10:00:00", "2030-06-02 11:00:00"]
    events = [
        {"event_id": "same", "account_key": "w", "event_name": "opened", "occurred_at": at}
        for at in days
    ]
    add_rows(warehouse, {"product.events": events})
    landed = {"source": "sample", "fingerprint": "1", "landed_at": KNOWN_AT, "event_rows": 500}
    _insert(
        warehouse, "landing.event_files", landed | {"file": "f", "max_received": "2030-06-02 11:00"}
    )
    found = _measure(warehouse, entity="product.events").values
    assert found["row_count"] == 500
    assert found["duplicate_rate"] == 0.5


# results


def _check(status: str = "passed", severity: str = "error", layer: str = "raw") -> CheckResult:
    return CheckResult("c", layer, "raw_crm.accounts", status, severity, None, "1", "2", "message")


def test_only_failed_errors_block_and_they_come_first() -> None:
    found = stamped(
        [_check(), _check("failed", "warn"), _check("error"), _check("failed")], "run-1"
    )
    assert [(one.status, one.is_blocking) for one in found] == [
        ("error", True), ("failed", True), ("failed", False), ("passed", False),
    ]  # fmt: skip
    assert len(blocking(found)) == 2
    assert {one.run_id for one in found} == {"run-1"}
    assert all(one.checked_at is not None and one.checked_at.tzinfo is None for one in found)


def test_results_of_a_run_replace_those_of_its_layers(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    write_results(warehouse, stamped([_check(), _check(layer="marts")], "run-1"))
    write_results(warehouse, stamped([_check("failed")], "run-1"), layers=["raw"])
    write_results(warehouse, stamped([_check()], "run-2"))
    rows = warehouse.execute(
        "select run_id, layer, status from audit.check_results order by all"
    ).fetchall()
    assert rows == [
        ("run-1", "marts", "passed"), ("run-1", "raw", "failed"), ("run-2", "raw", "passed"),
    ]  # fmt: skip


def test_results_of_old_runs_are_forgotten_but_not_of_the_audits_that_let_a_version_through(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    write_results(warehouse, stamped([_check(layer="marts"), _check()], "published"))
    write_results(warehouse, stamped([_check("failed", layer="marts")], "blocked"))
    for number in range(KEPT_RUNS + 1):
        write_results(warehouse, stamped([_check()], f"run-{number:02d}"), layers=["raw"])
    rows = warehouse.execute("select run_id from audit.check_results order by all").fetchall()
    newest = [(f"run-{number:02d}",) for number in range(1, KEPT_RUNS + 1)]
    assert rows == [("published",), ("published",), *newest]


def _node(status: str, failures: int | None = None) -> DbtNode:
    return DbtNode("test.icp.unique_id", "unique_id", status, "Boom", failures, 0.1)


@pytest.mark.parametrize(
    ("status", "declared", "expected", "severity"),
    [
        ("pass", "error", "passed", "error"),
        ("fail", "error", "failed", "error"),
        ("warn", "warn", "failed", "warn"),
        ("error", "warn", "error", "error"),
        ("skipped", "error", "error", "error"),
    ],
)
def test_dbt_test_becomes_a_check_of_its_model(
    status: str, declared: str, expected: str, severity: str
) -> None:
    test = {
        "attached_node": "model.icp.dim_accounts",
        "attached_folder": "marts",
        "config": {"severity": declared},
        "description": "One row per account.",
    }
    outcome = DbtOutcome(success=True, results=[_node(status, 3)])
    (found,) = results_of(outcome, {"test.icp.unique_id": test})
    assert (found.status, found.severity, found.relation) == (
        expected, severity, "marts.dim_accounts",
    )  # fmt: skip
    if expected == "failed":
        assert found.failed_rows == 3
        assert "One row per account." in found.message and "dbt show" in found.message


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (DbtOutcome(success=False, error="Compilation Error"), "Compilation Error"),
        (DbtOutcome(success=True), "found no test"),
    ],
)
def test_dbt_that_tested_nothing_is_a_failed_check(outcome: DbtOutcome, said: str) -> None:
    (found,) = results_of(outcome, {})
    assert found.status == "error" and said in found.message


def test_every_published_model_has_rules() -> None:
    folders = {"marts": "marts", "activation": "activation"}
    models = {
        (layer, path.stem)
        for layer, folder in folders.items()
        for path in (DBT_PROJECT / "models" / folder).glob("*.sql")
    }
    assert {(rules.layer, mart) for mart, rules in MARTS.items()} == models


def test_only_the_days_of_the_one_build_since_publication_are_judged(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    published = Baseline(run_id="run-1", known_at=KNOWN_AT)
    today = (date(2030, 6, 7), date(2030, 6, 7))
    for run in ("run-1", "run-2"):
        record_build(warehouse, Build(run, KNOWN_AT, AS_OF, *today), is_complete=True)
    # without knowing which accounts were merged, every day may have changed
    assert _unpublished_days(warehouse, published, today) is None
    warehouse.execute("create schema intermediate")
    warehouse.execute("create table intermediate.int_usage_changed_accounts (account_key text)")
    assert _unpublished_days(warehouse, published, today) == today
    assert _unpublished_days(warehouse, Baseline(), today) is None
    assert _unpublished_days(warehouse, published, None) is None
    # run-2 was refused: its days were never judged to the end
    record_build(warehouse, Build("run-3", KNOWN_AT, AS_OF, *today), is_complete=True)
    assert _unpublished_days(warehouse, published, today) is None
