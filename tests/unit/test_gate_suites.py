"""The bridge to Great Expectations: passing and failing frames, and what cannot be evaluated."""

from typing import Any

import duckdb
import pandas as pd
import pytest
from raw_world import add_rows, create_empty_world

from dagster_project.checks.expectations import (
    Suite,
    in_words,
    limited,
    listed,
    measures_frame,
    note,
    run_suites,
)
from dagster_project.checks.mart_expectations import row_changes
from dagster_project.checks.mart_rules import MartRules
from dagster_project.checks.rejections import check_rejections
from dagster_project.checks.tolerances import Declared

# the worker of the sabotage suite has paid for the import already
NOTE = note("a_check", "rows without a key are", "Mend the export.", counts_rows=True, detail="why")


def _judge(value: Any, **limits: Any) -> Any:
    expectation = limited("measure", NOTE, **limits)
    frame = measures_frame({"measure": value})
    (result,) = run_suites([Suite("raw", "raw_crm.accounts", frame, [expectation])])
    return result


@pytest.mark.parametrize(
    ("value", "limits", "status"),
    [
        (3, {"high": 3}, "passed"),
        (4, {"high": 3}, "failed"),
        (1, {"low": 1}, "passed"),
        (0, {"low": 1}, "failed"),
        (0.5, {"low": 0, "high": 1}, "passed"),
        (-0.5, {"low": 0, "high": 1}, "failed"),
        (10, {"high": float("inf")}, "passed"),
        (None, {"high": 3}, "error"),
    ],
)
def test_measure_is_held_against_inclusive_limits(
    value: float | None, limits: dict[str, float], status: str
) -> None:
    assert _judge(value, **limits).status == status


def test_failure_names_relation_observed_threshold_detail_and_remedy() -> None:
    result = _judge(1204, high=3)
    assert result.message == (
        "raw_crm.accounts: rows without a key are 1,204 (allowed: at most 3): why. Mend the export."
    )
    assert (result.observed, result.threshold, result.failed_rows) == ("1,204", "at most 3", 1204)
    assert "Mend" not in _judge(3, high=3).message


@pytest.mark.parametrize(
    ("level", "severity"), [("critical", "error"), ("warning", "warn"), ("info", "info")]
)
def test_severity_is_carried_over(level: Any, severity: str) -> None:
    assert _judge(4, high=3, severity=level).severity == severity


def test_what_raises_inside_great_expectations_is_an_error_not_a_pass() -> None:
    suite = Suite("raw", "raw_crm.accounts", measures_frame({"x": 1}), [limited("y", NOTE, high=1)])
    (result,) = run_suites([suite])
    assert result.status == "error" and "does not exist" in result.message


@pytest.mark.parametrize(
    ("values", "status"), [(["A", "B"], "passed"), (["A", "Z"], "failed"), ([], "passed")]
)
def test_categories_outside_the_list_are_named(values: list[str], status: str) -> None:
    frame = pd.DataFrame({"tier": pd.Series(values, dtype="object")})
    meta = note("tiers", "values of tier that are not known are", "Mend it.")
    (result,) = run_suites([Suite("marts", "marts.s", frame, [listed("tier", meta, ["A", "B"])])])
    assert result.status == status
    assert status == "passed" or "are Z (allowed: one of A, B)" in result.message


def test_suites_of_one_process_do_not_see_each_others_frames() -> None:
    suites = [
        Suite("raw", f"raw_crm.t{n}", measures_frame({"x": n}), [limited("x", NOTE, high=1)])
        for n in (0, 2, 1, 3)
    ]
    assert [result.observed for result in run_suites(suites)] == ["0", "2", "1", "3"]


@pytest.mark.parametrize(
    ("value", "words"), [(1204.0, "1,204"), (0.01234567, "0.01235"), (None, None), ([1, 2], "1, 2")]
)
def test_numbers_are_written_for_people(value: Any, words: str | None) -> None:
    assert in_words(value) == words


@pytest.mark.parametrize(("rejected", "status"), [(1, "passed"), (3, "failed")])
def test_share_of_rejected_rows_is_held_against_its_tolerance(rejected: int, status: str) -> None:
    with duckdb.connect(":memory:") as connection:
        create_empty_world(connection)
        rows = [{"account_id": f"a{i}"} for i in range(100)]
        add_rows(connection, {"crm.accounts": rows})
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.rejected_rows as select 'sample' as source_system,"
            f" 'crm.accounts' as entity, 'name is missing' as rule, 'rejected' as disposition,"
            f" {rejected} as row_count"
            " union all select 'sample', 'crm.accounts', 'duplicate key', 'rejected', 90"
            " union all select 'sample', 'crm.accounts', 'merged', 'merged', 90"
        )
        (result,) = check_rejections(connection)
    assert (result.status, result.observed) == (status, f"{rejected / 100:.4g}")
    assert status == "passed" or "name is missing" in result.message


@pytest.mark.parametrize(
    ("declared", "rows", "failed"),
    [
        ("support.tickets", 960, []),
        ("support.tickets", 940, ["row_count_drop"]),
        ("support.tickets", 0, ["row_count_change", "row_count_drop"]),
        # its owner took the last source of tickets out of sources.yml
        ("crm.accounts", 0, ["row_count_change"]),
    ],
)
def test_rows_of_a_mart_may_go_with_the_source_that_was_taken_out(
    declared: str, rows: int, failed: list[str]
) -> None:
    rules = MartRules(keys=("ticket_id",), inputs=("support.tickets",))
    tolerances = Declared({("harbor", declared, "max_drop_rate"): 0.05}, {})
    suite = Suite(
        "marts",
        "marts.fct_tickets",
        measures_frame({"row_change": rows / 1000 - 1}),
        row_changes(rules, rows, 1000, tolerances),
    )
    results = run_suites([suite])
    assert sorted(one.check_name for one in results if one.is_failed) == failed
