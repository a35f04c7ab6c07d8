"""`icp sync`: what would change in the CRM, per account and field. Nothing is sent."""

from pathlib import Path

from dagster_project.activation.plan import SyncError, plan_sync
from dagster_project.activation.report import describe, write_csv
from dagster_project.cli.tables import console
from dagster_project.resources.settings import Settings


def print_sync(settings: Settings, out: Path | None) -> int:
    """Print the difference between our desired state and the CRM; write it to `out` if given.

    Gives 1 when nothing is published or a guard would stop a real sync.
    """
    try:
        plan = plan_sync(settings.published, state_path=settings.state)
    except SyncError as error:
        console.print(f"[red]{error}[/]")
        return 1
    for line in describe(plan):
        console.print(line, markup=False)
    if out is not None:
        rows = write_csv(plan, out)
        console.print(f"{rows:,} changes written to {out}")
    return 0
