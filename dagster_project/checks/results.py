"""What one check found, and where such findings are kept.

The columns are those of the published `data_quality` table. Evaluating is done elsewhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Literal

import duckdb

from dagster_project.resources.warehouse import insert_rows

Status = Literal["passed", "failed", "error"]
Severity = Literal["error", "warn", "info"]

CHECK_RESULTS_DDL = """
create table if not exists audit.check_results (
    check_name varchar not null, layer varchar not null, relation varchar not null,
    status varchar not null, severity varchar not null, failed_rows bigint,
    observed varchar, threshold varchar, message varchar not null,
    run_id varchar not null, checked_at timestamp not null, is_blocking boolean not null
)
"""

#: Runs whose results are kept for people to look at; a few MB.
KEPT_RUNS = 50
#: Passed audits that are kept however old: of the published version and those to roll back to.
KEPT_AUDITS = 5


@dataclass(frozen=True)
class CheckResult:
    """One check on one relation in one run.

    `status` is `error` when the check could not be evaluated, which counts as failed.
    `is_blocking` says that this result stopped publication.
    """

    check_name: str
    layer: str
    relation: str
    status: Status
    severity: Severity
    failed_rows: int | None
    observed: str | None
    threshold: str | None
    message: str
    run_id: str = ""
    checked_at: datetime | None = None
    is_blocking: bool = False

    @property
    def is_failed(self) -> bool:
        """Say whether the check failed or could not be evaluated."""
        return self.status != "passed"

    @property
    def name(self) -> str:
        """Give the check with its relation, as a person would look it up."""
        return f"{self.relation}: {self.check_name}"


def unevaluated(check_name: str, layer: str, relation: str, reason: str) -> CheckResult:
    """Give the blocking result of a check that could not run."""
    message = f"{relation}: {check_name} could not be evaluated: {reason}"
    return CheckResult(check_name, layer, relation, "error", "error", None, None, None, message)


def stamped(results: Iterable[CheckResult], run_id: str) -> list[CheckResult]:
    """Give the results with run and time (UTC, naive), blocking where failed with severity error.

    Failures come first, the gravest of them on top.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    marked = [
        replace(
            result,
            run_id=run_id,
            checked_at=now,
            is_blocking=result.is_failed and result.severity == "error",
        )
        for result in results
    ]
    return sorted(marked, key=lambda result: (not result.is_blocking, not result.is_failed))


def blocking(results: Iterable[CheckResult]) -> list[CheckResult]:
    """Give the results that stop publication."""
    return [result for result in results if result.is_blocking]


def write_results(
    connection: duckdb.DuckDBPyConnection,
    results: Sequence[CheckResult],
    layers: Sequence[str] | None = None,
) -> None:
    """Replace what `audit.check_results` holds of these results' runs (and `layers`, if given).

    Runs older than the newest `KEPT_RUNS` are forgotten, except those whose audit last let a
    version through: a run that finds nothing new shows the audit of the build that it keeps.
    """
    connection.execute("create schema if not exists audit")
    connection.execute(CHECK_RESULTS_DDL)
    for run_id in {result.run_id for result in results}:
        condition = "" if layers is None else f" and layer in ({_quoted(layers)})"
        connection.execute(f"delete from audit.check_results where run_id = ?{condition}", [run_id])
    insert_rows(connection, "audit.check_results", [astuple(result) for result in results])
    _forget_old_runs(connection)


def read_results(
    connection: duckdb.DuckDBPyConnection, run_id: str, layer: str | None = None
) -> list[CheckResult]:
    """Give what the checks of a run found, of one layer if given; empty where none ran."""
    connection.execute("create schema if not exists audit")
    connection.execute(CHECK_RESULTS_DDL)
    names = ", ".join(field.name for field in fields(CheckResult))
    rows = connection.execute(
        f"select {names} from audit.check_results where run_id = ? and layer = coalesce(?, layer)",
        [run_id, layer],
    ).fetchall()
    return [CheckResult(*row) for row in rows]


def _quoted(values: Sequence[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def _forget_old_runs(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        delete from audit.check_results where run_id not in (
            select run_id from audit.check_results
            group by run_id order by max(checked_at) desc, run_id limit ?
        ) and run_id not in (
            -- marts are judged by publications alone
            select run_id from audit.check_results
            group by run_id
            having not bool_or(is_blocking) and bool_or(layer <> 'raw')
            order by max(checked_at) desc, run_id limit ?
        )
        """,
        [KEPT_RUNS, KEPT_AUDITS],
    )
