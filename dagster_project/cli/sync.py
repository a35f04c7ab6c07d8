"""`icp sync`: what would change in the CRM, per account and field. Nothing is sent."""

import os
from pathlib import Path
from uuid import uuid4

from dagster_project.activation.ledger import LedgerError, record_dry_run
from dagster_project.activation.plan import SyncError, plan_sync
from dagster_project.activation.report import describe, write_csv
from dagster_project.cli.tables import print_error, print_plain
from dagster_project.resources.settings import Settings


def print_sync(settings: Settings, out: Path | None) -> int:
    """Print the difference between our desired state and the CRM; write it to `out` if given.

    The dry run is kept in the ledger. Gives 1 when there is nothing to compare with, or when `out`
    cannot be written, which is found out before.
    """
    refusal = _refusal(out)
    if refusal:
        print_error(refusal)
        return 1
    try:
        plan = plan_sync(settings.published, state_path=settings.state)
        record_dry_run(plan, settings, str(uuid4()))
    except (SyncError, LedgerError) as error:
        print_error(error)
        return 1
    for line in describe(plan):
        print_plain(line)
    if out is not None:
        rows = write_csv(plan, out)
        print_plain(f"{rows:,} changes written to {out}")
    return 0


def _refusal(out: Path | None) -> str | None:
    """Say why no file can be written at `out`; None where one can."""
    if out is None:
        return None
    if out.is_dir():
        return f"{out} is a folder. Name a file in it, e.g. --out {out / 'changes.csv'}."
    place = next(parent for parent in (out, *out.absolute().parents) if parent.exists())
    if place != out and not place.is_dir():
        return f"{place} is a file, so {out} cannot be made in it. Name another place with --out."
    if not os.access(place, os.W_OK):
        return f"{place} may not be written to. Name another place with --out."
    return None
