"""Judging a candidate: every check of the gate, on the warehouse as it stands now.

Publishing is not done here, and never done without this.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import duckdb
import pandas as pd

from dagster_project.checks.dbt_tests import begin_dbt_tests
from dagster_project.checks.mart_suites import check_mart_edge
from dagster_project.checks.profile_history import Baseline, keep_profiles, read_baseline
from dagster_project.checks.raw_suites import check_raw_edge
from dagster_project.checks.rejections import check_rejections
from dagster_project.checks.results import (
    CheckResult,
    blocking,
    read_results,
    stamped,
    unevaluated,
    write_results,
)
from dagster_project.publication.build_record import (
    builds_since,
    company_time_zone,
    latest_build,
)
from dagster_project.resources.dbt_environment import clocks
from dagster_project.resources.settings import Settings
from dagster_project.resources.warehouse import open_warehouse

Days = tuple[date, date]
#: Begins the dbt tests of a warehouse, with the keywords known_at and as_of_date; what it gives
#: waits for their results.
DbtTests = Callable[..., Callable[[], list[CheckResult]]]


@dataclass(frozen=True)
class AuditOutcome:
    """All results of one audit, failures first, and the run that they are about."""

    run_id: str
    known_at: datetime
    as_of_date: date
    results: tuple[CheckResult, ...]

    @property
    def failures(self) -> list[CheckResult]:
        """Give the results that stop publication."""
        return blocking(self.results)

    @property
    def warnings(self) -> list[CheckResult]:
        """Give the failed results that do not stop publication."""
        return [r for r in self.results if r.is_failed and not r.is_blocking]

    @property
    def is_passed(self) -> bool:
        """Say whether the candidate may be published: something was checked, nothing failed."""
        return bool(self.results) and not self.failures


def audit(
    settings: Settings,
    *,
    run_id: str,
    known_at: datetime,
    as_of_date: date,
    usage_range: Days | None = None,
    dbt_tests: DbtTests = begin_dbt_tests,
) -> AuditOutcome:
    """Run the dbt tests of what is published and Great Expectations at both edges.

    Every result is written to `audit.check_results`. A part of the gate that raises is a failed
    check. `dbt_tests` begins those tests. No connection to the warehouse may be open in this
    process.
    """
    with open_warehouse(settings) as connection:
        baseline = read_baseline(connection, settings)
        days = _unpublished_days(connection, baseline, usage_range)
        zone = company_time_zone(connection)
        # what this run landed cannot have changed since it was judged: the run holds the lock
        results = read_results(connection, run_id, layer="raw") or _guarded(
            "raw_edge",
            lambda: check_raw_edge(connection, baseline, run_id=run_id, known_at=known_at),
        )
        results += _guarded("build", lambda: _check_build(connection, as_of_date))
    with clocks(known_at, as_of_date, days, zone):
        tests = dbt_tests(settings, known_at=known_at, as_of_date=as_of_date)
        with open_warehouse(settings, read_only=True) as connection:
            found, profiles = _check_marts(connection, baseline, as_of_date, days)
        results += [*found, *_guarded("dbt_tests", tests)]
    marked = tuple(stamped(results, run_id))
    with open_warehouse(settings) as connection:
        keep_profiles(connection, run_id, profiles, published_run=baseline.run_id)
        write_results(connection, marked)
    return AuditOutcome(run_id, known_at, as_of_date, marked)


def _check_marts(
    connection: duckdb.DuckDBPyConnection, baseline: Baseline, as_of_date: date, days: Days | None
) -> tuple[list[CheckResult], pd.DataFrame]:
    """Judge what was built, each part for itself, but for the dbt tests; give profiles too."""
    profiles = pd.DataFrame()

    def mart_edge() -> list[CheckResult]:
        nonlocal profiles
        found, profiles = check_mart_edge(
            connection, baseline, as_of_date=as_of_date, usage_range=days
        )
        return found

    results = _guarded("rejections", lambda: check_rejections(connection))
    return results + _guarded("mart_edge", mart_edge), profiles


def _guarded(part: str, check: Callable[[], list[CheckResult]]) -> list[CheckResult]:
    """Run one part of the gate; whatever it raises is a check that could not be evaluated."""
    try:
        return check()
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        return [unevaluated(part, "marts", "gate", reason)]


def _check_build(connection: duckdb.DuckDBPyConnection, as_of_date: date) -> list[CheckResult]:
    """Refuse a warehouse that a killed build left half-built: its tables may be of two runs."""
    build = latest_build(connection)
    name, relation = "build_is_complete", "audit.builds"
    if build is None:
        reason = "the last build did not end, or there was none. Start `icp run`."
        return [unevaluated(name, "marts", relation, reason)]
    if build.as_of_date != as_of_date:
        reason = f"it was built for {build.as_of_date}, not {as_of_date}. Start `icp run`."
        return [unevaluated(name, "marts", relation, reason)]
    message = f"{relation}: run {build.run_id} built everything, as of {build.as_of_date}"
    observed = build.as_of_date.isoformat()
    return [
        CheckResult(name, "marts", relation, "passed", "error", None, observed, observed, message)
    ]


def _unpublished_days(
    connection: duckdb.DuckDBPyConnection, baseline: Baseline, usage_range: Days | None
) -> Days | None:
    """Give the usage days that differ from the published ones; None is all of them.

    They are a range only when one build, which rewrote that range and no merged account, stands
    between the candidate and what is published. What a refused run built must be judged again.
    """
    builds = builds_since(connection, baseline.run_id) if baseline.run_id else []
    if usage_range is None or len(builds) != 1 or _has_moved_accounts(connection):
        return None
    return usage_range


def _has_moved_accounts(connection: duckdb.DuckDBPyConnection) -> bool:
    query = "select count(*) from intermediate.int_usage_changed_accounts"
    try:
        return connection.execute(query).fetchall()[0][0] > 0
    except duckdb.CatalogException:
        # not built by our models: judge everything
        return True
