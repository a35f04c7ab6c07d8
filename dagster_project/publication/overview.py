"""What is published, how fresh it is, what is stale and why, what can be restored.

Reads the published file and the run status, never the warehouse, so it works during a run.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb

from dagster_project.publication.lock import LockHolder, lock_holder
from dagster_project.publication.publish import kept_versions
from dagster_project.publication.run_status import (
    CurrentRun,
    FailedRun,
    RunStatus,
    killed_run,
    read_run_status,
)
from dagster_project.publication.version_file import PublishedVersion, read_version
from dagster_project.resources.settings import Settings
from dagster_project.resources.warehouse import attach_to_read


@dataclass(frozen=True)
class SourceAge:
    """One freshness check of the published version, e.g. observed "3.5" hours of "at most 36"."""

    source: str
    check_name: str
    status: str
    observed_hours: str | None
    threshold: str | None


@dataclass(frozen=True)
class PublicationStatus:
    """What readers see and what the last runs did. `reasons` say why it `is_stale`."""

    published: PublishedVersion | None
    age_hours: float | None
    is_stale: bool
    reasons: tuple[str, ...]
    current_run: CurrentRun | None
    lock: LockHolder | None
    last_failure: FailedRun | None
    rolled_back_from: str | None = None
    restorable: tuple[PublishedVersion, ...] = ()
    sources: tuple[SourceAge, ...] = field(default=())


def status(settings: Settings) -> PublicationStatus:
    """Give the state of the publication now; nothing is changed, nothing need exist."""
    runs = read_run_status(settings)
    holder = lock_holder(settings)
    published = _read(settings)
    failure = _unmended(runs, holder, published)
    back_from = None
    if runs.last_success and published and runs.last_success.version == published.version:
        back_from = runs.last_success.rolled_back_from
    reasons = _reasons(published, failure, back_from)
    now = datetime.now(UTC).replace(tzinfo=None)
    versions = _restorable(settings)
    return PublicationStatus(
        published=published,
        age_hours=(now - published.published_at).total_seconds() / 3600 if published else None,
        is_stale=bool(reasons),
        reasons=tuple(reasons),
        current_run=runs.current if holder else None,
        lock=holder,
        last_failure=failure,
        rolled_back_from=back_from,
        restorable=tuple(v for v in versions if not published or v.version != published.version),
        sources=_source_ages(settings) if published else (),
    )


def _read(settings: Settings) -> PublishedVersion | None:
    return read_version(settings.published) if settings.published.exists() else None


def _restorable(settings: Settings) -> list[PublishedVersion]:
    """Give the versions kept, newest first; one that a run removes meanwhile is left out."""
    versions = []
    for path in reversed(kept_versions(settings)):
        with suppress(duckdb.Error):
            versions.append(read_version(path))
    return versions


def _unmended(
    runs: RunStatus, holder: LockHolder | None, published: PublishedVersion | None
) -> FailedRun | None:
    """Give the last failure that no later publication made good."""
    failure = runs.last_failure
    if runs.current and holder is None:
        failure = killed_run(runs.current)
    if failure is None or published is None:
        return failure
    # killed between putting its version in place and saying so
    has_published = published.run_id == failure.run_id
    is_earlier = failure.failed_at <= published.published_at.isoformat()
    return None if has_published and is_earlier else failure


def _reasons(
    published: PublishedVersion | None, failure: FailedRun | None, back_from: str | None
) -> list[str]:
    reasons = []
    if published is None:
        reasons.append("Nothing is published yet. Run `icp run` (or `make run`).")
    if failure:
        reasons.append(
            f"Run {failure.run_id} did not publish ({failure.failed_at} UTC, {failure.step}):"
            f" {failure.reason}"
        )
        reasons += [check.message for check in failure.checks]
    if back_from:
        reasons.append(f"Version {back_from} was rolled back; this is an earlier one.")
    return reasons


def _source_ages(settings: Settings) -> tuple[SourceAge, ...]:
    with duckdb.connect(":memory:") as connection:
        attach_to_read(connection, settings.published, "published_file")
        rows = connection.execute(
            """
            select relation, check_name, status, observed, threshold
            from published_file.published.data_quality
            where check_name like 'freshness\\_%' escape '\\'
            order by relation, check_name
            """
        ).fetchall()
    return tuple(SourceAge(relation.removeprefix("source "), *rest) for relation, *rest in rows)
