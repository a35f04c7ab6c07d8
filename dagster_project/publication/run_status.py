"""What the last runs did, in one small JSON file that anyone may read at any time.

`data/run_status.json` needs no database: the status command and the dashboard read it while a run
is writing the warehouse.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.checks.results import CheckResult
from dagster_project.publication.durable import write_text
from dagster_project.resources.settings import Settings


@dataclass(frozen=True)
class FailedCheck:
    """A check that stopped publication, as a person reads it."""

    check_name: str
    relation: str
    message: str
    observed: str | None = None
    threshold: str | None = None


@dataclass(frozen=True)
class CurrentRun:
    """The run that holds the lock, or held it when it was killed. Times are UTC, ISO 8601."""

    run_id: str
    started_at: str
    step: str
    pid: int


@dataclass(frozen=True)
class FailedRun:
    """The last run that did not publish, and why."""

    run_id: str
    failed_at: str
    step: str
    reason: str
    checks: tuple[FailedCheck, ...] = ()


@dataclass(frozen=True)
class Success:
    """The last change of what is published: a publication, or a rollback to an earlier version."""

    run_id: str
    version: str
    published_at: str
    as_of_date: str
    rolled_back_from: str | None = None


@dataclass(frozen=True)
class RunStatus:
    """Everything in the file; each part is None until it first happened."""

    current: CurrentRun | None = None
    last_success: Success | None = None
    last_failure: FailedRun | None = None


def status_path(settings: Settings) -> Path:
    """Give where the run status is kept."""
    return settings.data_dir / "run_status.json"


def read_run_status(settings: Settings) -> RunStatus:
    """Read the status; empty when no run was ever started."""
    path = status_path(settings)
    if not path.exists():
        return RunStatus()
    content = json.loads(path.read_text(encoding="utf-8"))
    failure = content.get("last_failure")
    if failure:
        checks = tuple(FailedCheck(**check) for check in failure.pop("checks", ()))
        failure = FailedRun(**failure, checks=checks)
    current, success = content.get("current"), content.get("last_success")
    return RunStatus(
        current=CurrentRun(**current) if current else None,
        last_success=Success(**success) if success else None,
        last_failure=failure or None,
    )


def start_run(settings: Settings, run_id: str) -> None:
    """Note that a run began; a run that never ended is noted as killed. The lock must be held."""
    status = read_run_status(settings)
    if status.current and status.current.run_id != run_id:
        status = replace(status, last_failure=killed_run(status.current))
    current = CurrentRun(run_id, _now(), "starting", os.getpid())
    _write(settings, replace(status, current=current))


def record_step(settings: Settings, step: str) -> None:
    """Note what the current run is doing now, e.g. `landing` or `audit`."""
    status = read_run_status(settings)
    if status.current:
        _write(settings, replace(status, current=replace(status.current, step=step)))


def end_run(settings: Settings) -> None:
    """Note that the current run ended without a word on publication, e.g. a part built by hand."""
    status = read_run_status(settings)
    if status.current:
        _write(settings, replace(status, current=None))


def record_failure(
    settings: Settings, run_id: str, reason: str, checks: Iterable[CheckResult] = ()
) -> None:
    """Note that a run ended without publishing; a reason noted before with checks is kept."""
    status = read_run_status(settings)
    known = status.last_failure
    failed = tuple(
        FailedCheck(c.check_name, c.relation, c.message, c.observed, c.threshold) for c in checks
    )
    if not failed and known and known.run_id == run_id and known.checks:
        # the error that a failed gate raises says less than the gate did
        _write(settings, replace(status, current=None))
        return
    step = status.current.step if status.current else "unknown step"
    failure = FailedRun(run_id, _now(), step, reason, failed)
    _write(settings, replace(status, current=None, last_failure=failure))


def record_success(settings: Settings, success: Success) -> None:
    """Note what is published now: a publication makes earlier failures good, a rollback none."""
    status = read_run_status(settings)
    is_own = status.current is not None and status.current.run_id == success.run_id
    _write(
        settings,
        replace(
            status,
            # what a killed run published may be noted while another one is running
            current=None if is_own else status.current,
            last_success=success,
            last_failure=status.last_failure if success.rolled_back_from else None,
        ),
    )


def killed_run(current: CurrentRun) -> FailedRun:
    """Give the failure of a run that ended without a word."""
    reason = (
        f"Run {current.run_id} was killed during: {current.step}. Start `icp run` again: it needs"
        " no cleaning."
    )
    return FailedRun(current.run_id, current.started_at, current.step, reason)


def _now() -> str:
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def _write(settings: Settings, status: RunStatus) -> None:
    content = {
        "current": asdict(status.current) if status.current else None,
        "last_success": asdict(status.last_success) if status.last_success else None,
        "last_failure": asdict(status.last_failure) if status.last_failure else None,
    }
    write_text(status_path(settings), json.dumps(content, indent=2) + "\n")
