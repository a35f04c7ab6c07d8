"""How fresh the published data are, and whether and why they are stale.

The run status comes from `publication.status`; the file's own `publication` row is the fallback.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb

from dagster_project.formats import text
from dagster_project.publication import status
from dagster_project.resources.settings import Settings

if TYPE_CHECKING:
    from dagster_project.publication.overview import PublicationStatus

#: Without a run status, a publication older than a day and a half is called stale.
MAX_AGE = timedelta(hours=36)


@dataclass(frozen=True)
class Freshness:
    """What the banner says. Times are UTC without a zone; `reasons` are sentences."""

    version: str
    as_of_date: str
    published_at: datetime | None
    age: timedelta | None
    is_stale: bool
    reasons: tuple[str, ...]
    running: str | None


def assess(
    publication: Mapping[str, Any],
    run_status: "PublicationStatus | None",
    now: datetime | None = None,
) -> Freshness:
    """Judge a publication; `run_status` is None when it could not be read."""
    now = now or datetime.now(UTC).replace(tzinfo=None)
    published = publication.get("published_at")
    published_at = None if published is None else published.to_pydatetime()
    age = None if published_at is None else now - published_at
    reasons = [*run_status.reasons, *_old_sources(run_status)] if run_status else []
    is_stale = bool(reasons)
    if not is_stale and age is not None and age > MAX_AGE:
        is_stale = True
        reasons.append(f"Nothing was published for {ago(age)}.")
    if not is_stale and age is None:
        is_stale = True
        reasons.append("The published file does not say when it was published.")
    return Freshness(
        version=text(publication.get("version")),
        as_of_date=text(publication.get("as_of_date")),
        published_at=published_at,
        age=age,
        is_stale=is_stale,
        reasons=tuple(reasons),
        running=_running(run_status),
    )


def _old_sources(run_status: "PublicationStatus") -> list[str]:
    return [
        f"Source {source.source} is {source.observed_hours or 'an unknown number of'} hours old"
        f" (limit {source.threshold or 'unknown'})."
        for source in run_status.sources
        if source.status != "passed"
    ]


def _running(run_status: "PublicationStatus | None") -> str | None:
    if run_status is None or run_status.current_run is None:
        return None
    run = run_status.current_run
    return f"Run {run.run_id} is at work since {run.started_at} UTC: {run.step}."


def ago(age: timedelta) -> str:
    """Write a time span as a person would: 12 minutes, 5 hours, 3 days."""
    number = max(int(age.total_seconds() // 60), 0)
    unit = "minute"
    if number >= 48 * 60:
        number, unit = number // 1440, "day"
    elif number >= 120:
        number, unit = number // 60, "hour"
    return f"{number:,} {unit}{'' if number == 1 else 's'}"


def run_status(settings: Settings) -> "PublicationStatus | None":
    """Give the status of the last runs; None, and a line in the log, when it cannot be read."""
    try:
        return status(settings)
    except (OSError, ValueError, TypeError, duckdb.Error):
        # the numbers are still good to look at when the file beside them is not
        logging.getLogger(__name__).exception("The run status cannot be read")
        return None
