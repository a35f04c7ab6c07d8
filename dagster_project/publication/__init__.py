"""From a checked candidate to what readers see: audit, versions, rollback, lock and status."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster_project.publication.overview import PublicationStatus
    from dagster_project.resources.settings import Settings


def status(settings: "Settings") -> "PublicationStatus":
    """Give what is published, how fresh it is, and what is stale and why."""
    # the gate behind it takes seconds to import, and the lock is imported through this package
    from dagster_project.publication import overview

    return overview.status(settings)
