"""`icp sync`: what would change in the CRM, per account and field. Nothing is sent."""

from pathlib import Path
from uuid import uuid4

from rich.markup import escape

from dagster_project.activation.ledger import LedgerError, record_dry_run
from dagster_project.activation.plan import SyncError, plan_sync
from dagster_project.activation.report import describe, write_csv
from dagster_project.cli.tables import console, print_plain
from dagster_project.resources.settings import Settings


def print_sync(settings: Settings, out: Path | None) -> int:
    """Print the difference between our desired state and the CRM; write it to `out` if given.

    The dry run is kept in the ledger. Gives 1 when there is nothing to compare with.
    """
    try:
        plan = plan_sync(settings.published, state_path=settings.state)
        record_dry_run(plan, settings, str(uuid4()))
    except (SyncError, LedgerError) as error:
        console.print(f"[red]{escape(str(error))}[/]")
        return 1
    for line in describe(plan):
        print_plain(line)
    if out is not None:
        rows = write_csv(plan, out)
        print_plain(f"{rows:,} changes written to {out}")
    return 0
