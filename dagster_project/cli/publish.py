"""`icp publish`: audit the candidate again and publish it, or put an earlier version back."""

from uuid import uuid4

from dagster_project.cli.tables import console, print_error, print_plain
from dagster_project.publication.build_record import latest_build
from dagster_project.publication.lock import LockHeldError, run_lock
from dagster_project.publication.publish import (
    PublicationBlockedError,
    audit_and_publish,
    rollback,
)
from dagster_project.publication.run_status import end_run, record_failure, start_run
from dagster_project.resources.postgres_exchange import fetch_built
from dagster_project.resources.settings import Settings
from dagster_project.resources.warehouse import open_warehouse


def publish_again(settings: Settings) -> int:
    """Audit what was built last and publish it if all checks pass; give 1 when it is refused.

    Without a finished build nothing is tried, and the status keeps what it said of earlier runs.
    Whatever is raised is noted in the status first.
    """
    run_id = str(uuid4())
    with run_lock(settings, run_id=run_id, notify=print_plain):
        start_run(settings, run_id)
        try:
            return _publish_latest(settings, run_id)
        except PublicationBlockedError as blocked:
            print_error(blocked)
            return 1
        except Exception as error:
            record_failure(settings, run_id, f"{type(error).__name__}: {error}")
            raise
        finally:
            end_run(settings)


def _publish_latest(settings: Settings, run_id: str) -> int:
    # dbt's tests judge the server's tables: what is published must be what they hold now
    fetch_built(settings)
    with open_warehouse(settings) as connection:
        build = latest_build(connection)
    if build is None:
        console.print("[red]There is no finished build to publish.[/] Run `icp run`.")
        return 1
    outcome, version = audit_and_publish(
        settings,
        run_id=run_id,
        known_at=build.known_at,
        as_of_date=build.as_of_date,
        usage_range=build.usage_range,
    )
    console.print(
        f"[green]Published[/] version {version.version} after {len(outcome.results)} checks."
    )
    return 0


def roll_back(settings: Settings, version: str) -> int:
    """Put `version` (or the one before the published) back for readers."""
    try:
        restored = rollback(settings, version or None, notify=print_plain)
    except (LookupError, LockHeldError) as error:
        print_error(error)
        return 1
    console.print(
        f"[green]Readers now see[/] version {restored.version}, as of {restored.as_of_date}."
        " The next successful run publishes forward again."
    )
    return 0
