"""Audit then copy, in one step: the only way to change what readers see, beside a rollback.

The published file is never written to: each version is a new file, put in its place by one rename,
so a reader keeps the version it opened for as long as it likes.
"""

import os
import re
import shutil
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from dagster_project.checks.dbt_tests import begin_dbt_tests
from dagster_project.checks.results import CheckResult
from dagster_project.publication.audit import AuditOutcome, DbtTests, audit
from dagster_project.publication.durable import UNFINISHED, sweep, sync_file, sync_folder
from dagster_project.publication.frozen_values import store_frozen_values
from dagster_project.publication.lock import lock_holder, run_lock
from dagster_project.publication.run_status import (
    Success,
    record_failure,
    record_step,
    record_success,
)
from dagster_project.publication.state import store_tiers
from dagster_project.publication.version_file import (
    INCREMENTAL_MIN_ROWS,
    PublishedVersion,
    build_version_file,
    read_version,
)
from dagster_project.resources.postgres_exchange import show_version, shown_version
from dagster_project.resources.settings import Settings

#: Versions kept for a rollback, the published one among them.
KEPT_VERSIONS = 5

_VERSION_NAME = re.compile(rf"^\.(?P<version>[^.]+)\.duckdb{re.escape(UNFINISHED)}$")


class PublicationBlockedError(Exception):
    """The audit failed: what was published before stays. `outcome` has every result."""

    def __init__(self, outcome: AuditOutcome) -> None:
        """Name every check that failed, with its remedy."""
        self.outcome = outcome
        lines = "\n".join(f"- {failure.message}" for failure in outcome.failures)
        super().__init__(
            f"Not published: {len(outcome.failures)} of {len(outcome.results)} checks failed."
            f" The last good version stays.\n{lines}"
        )

    @property
    def failures(self) -> list[CheckResult]:
        """Give the checks that stopped publication."""
        return self.outcome.failures


class LockNotHeldError(Exception):
    """Something wants to publish without the run lock."""


def audit_and_publish(
    settings: Settings,
    *,
    run_id: str,
    known_at: datetime,
    as_of_date: date,
    usage_range: tuple[date, date] | None = None,
    dbt_tests: DbtTests = begin_dbt_tests,
) -> tuple[AuditOutcome, PublishedVersion]:
    """Check the candidate and, only if every check passes, publish all of it at once.

    The caller holds `run_lock`. `dbt_tests` begins those tests. Raises
    PublicationBlockedError when a check failed; the run status says so already, and readers have
    noticed nothing.
    """
    _assert_locked(settings)
    record_step(settings, "audit")
    outcome = audit(
        settings,
        run_id=run_id,
        known_at=known_at,
        as_of_date=as_of_date,
        usage_range=usage_range,
        dbt_tests=dbt_tests,
    )
    if not outcome.is_passed:
        count = len(outcome.failures)
        reason = f"{count} check{'' if count == 1 else 's'} failed"
        record_failure(settings, run_id, reason, outcome.failures)
        raise PublicationBlockedError(outcome)
    record_step(settings, "publication")
    version = publish(settings, outcome)
    return outcome, version


def publish(
    settings: Settings,
    outcome: AuditOutcome,
    *,
    incremental_min_rows: int = INCREMENTAL_MIN_ROWS,
) -> PublishedVersion:
    """Copy an audited candidate into a new version and put it in place; call audit_and_publish.

    Raises PublicationBlockedError when the audit did not pass.
    """
    if not outcome.is_passed:
        raise PublicationBlockedError(outcome)
    _assert_locked(settings)
    recover(settings)
    versions = versions_folder(settings)
    now = datetime.now(UTC).replace(tzinfo=None)
    name = f"{now:%Y%m%dT%H%M%S_%f}"
    unfinished = versions / f".{name}.duckdb{UNFINISHED}"
    version = PublishedVersion(
        name, now, outcome.as_of_date, outcome.known_at, outcome.run_id, unfinished
    )
    build_version_file(settings, version, incremental_min_rows=incremental_min_rows)
    unfinished.chmod(0o444)
    sync_file(unfinished)
    _put_in_place(settings, unfinished)
    filed = _file(version, versions)
    finish(settings, filed)
    _prune(settings, filed)
    return filed


def rollback(
    settings: Settings,
    version: str | None = None,
    *,
    timeout_seconds: float = 60,
    notify: Callable[[str], None] = print,
) -> PublishedVersion:
    """Publish an earlier version again: the one named, or the one before the current.

    The state database is left alone. Raises LookupError, listing what there is, when there is no
    such version; LockHeldError when a run holds the lock for longer than the timeout.
    """
    with run_lock(settings, run_id="rollback", timeout_seconds=timeout_seconds, notify=notify):
        recover(settings)
        current = read_version(settings.published) if settings.published.exists() else None
        kept = kept_versions(settings)
        chosen = _chosen(kept, version, current)
        _put_in_place(settings, chosen)
        restored = read_version(chosen)
        replaced = current.version if current and current.version != restored.version else None
        record_success(settings, _success(restored, rolled_back_from=replaced))
        return restored


def _chosen(kept: list[Path], version: str | None, current: PublishedVersion | None) -> Path:
    """Give the file of the version named, or of the one before the current."""
    names = ", ".join(path.stem for path in kept) or "none"
    if version is not None:
        named = [path for path in kept if path.stem == version]
        if not named:
            raise LookupError(f"There is no version {version}. Versions kept: {names}.")
        return named[0]
    earlier = [path for path in kept if current and path.stem < current.version]
    if earlier:
        return earlier[-1]
    remedy = " Name a later one with `icp publish --rollback --version ID`." if kept[1:] else ""
    before = f" before {current.version}, which is published" if current else ""
    raise LookupError(f"There is no version{before} to go back to. Versions kept: {names}.{remedy}")


def versions_folder(settings: Settings) -> Path:
    """Give the folder of the versions kept, made if need be."""
    folder = settings.published.parent / "versions"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def kept_versions(settings: Settings) -> list[Path]:
    """Give the files of all versions kept, oldest first."""
    folder = settings.published.parent / "versions"
    return sorted(folder.glob("[!.]*.duckdb"))


def recover(settings: Settings) -> None:
    """Finish or remove what a killed run left. The lock must be held.

    A version that was published but not yet filed under its name is filed; every other unfinished
    file goes.
    """
    versions = versions_folder(settings)
    unfinished = list(versions.glob(f".*{UNFINISHED}"))
    if unfinished:
        _finish_published(settings, unfinished)
    # a run killed after filing its version has not stored its tiers, and this file is about to go
    store_tiers(settings)
    store_frozen_values(settings)
    for folder in (versions, settings.published.parent, settings.data_dir):
        sweep(folder)


def _finish_published(settings: Settings, unfinished: list[Path]) -> None:
    """File the version among these files that readers see already."""
    local = read_version(settings.published).version if settings.published.exists() else None
    shown = shown_version(settings) or local
    for path in unfinished:
        named = _VERSION_NAME.match(path.name)
        if named and named["version"] == shown:
            if shown != local:
                # killed when the server had it, and the file was not yet in its place
                _put_in_place(settings, path)
            version = replace(read_version(path), path=path)
            finish(settings, _file(version, versions_folder(settings)))


def finish(settings: Settings, version: PublishedVersion) -> None:
    """Note the published version in the state and the run status; may be repeated."""
    store_tiers(settings)
    store_frozen_values(settings)
    record_success(settings, _success(version))


def _success(version: PublishedVersion, rolled_back_from: str | None = None) -> Success:
    now = datetime.now(UTC).replace(tzinfo=None)
    return Success(
        run_id=version.run_id,
        version=version.version,
        published_at=(now if rolled_back_from else version.published_at).isoformat(),
        as_of_date=version.as_of_date.isoformat(),
        rolled_back_from=rolled_back_from,
    )


def _put_in_place(settings: Settings, version_file: Path) -> None:
    """Make the published name point at a version, in one rename; before that, on a server.

    A hard link costs nothing; where the file system has none, a copy does.
    """
    show_version(settings, version_file)
    published = settings.published
    incoming = published.with_name(f".{published.name}.{uuid.uuid4().hex}{UNFINISHED}")
    try:
        os.link(version_file, incoming)
    except OSError:
        shutil.copyfile(version_file, incoming)
        sync_file(incoming)
    incoming.replace(published)
    sync_folder(published.parent)


def _file(version: PublishedVersion, folder: Path) -> PublishedVersion:
    """Give a published version its lasting name: only what readers saw can be restored."""
    filed = folder / f"{version.version}.duckdb"
    version.path.replace(filed)
    sync_folder(folder)
    return replace(version, path=filed)


def _prune(settings: Settings, current: PublishedVersion) -> None:
    for path in kept_versions(settings)[:-KEPT_VERSIONS]:
        if path != current.path:
            path.unlink()


def _assert_locked(settings: Settings) -> None:
    holder = lock_holder(settings)
    if holder is None or holder.pid != os.getpid():
        raise LockNotHeldError(
            "Publishing needs the run lock: wrap the call in `run_lock(settings, run_id=...)`."
        )
