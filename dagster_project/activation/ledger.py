"""The ledger of CRM syncs in the state database: what was planned, when, and how it was judged.

Its table is made by `publication.state`; this module only adds runs and reads the last one.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from dagster_project.publication.state import open_state
from dagster_project.resources.settings import Settings

if TYPE_CHECKING:
    from dagster_project.activation.plan import SyncPlan

SYNC = "crm__accounts"


class LedgerError(RuntimeError):
    """The ledger cannot be read or written; the message says why."""


def last_row_count(state_path: Path) -> int | None:
    """Give the number of CRM records of the last run that every guard let pass, None before one.

    A stopped run is no yardstick: a second plan on the same broken data would pass against it.

    Raises LedgerError when the state database or its ledger is missing or cannot be read.
    """
    if not state_path.exists():
        raise LedgerError(f"there is no ledger at {state_path}: `icp run` makes it")
    try:
        with duckdb.connect(str(state_path), read_only=True) as connection:
            row = connection.execute(
                "select record_count from state.sync_runs where sync = ? and is_allowed"
                " order by planned_at desc, sync_run_id desc limit 1",
                [SYNC],
            ).fetchone()
    except duckdb.Error as error:
        raise LedgerError(f"the ledger in {state_path} cannot be read: {error}") from error
    return row[0] if row else None


def record_dry_run(plan: "SyncPlan", settings: Settings, sync_run_id: str) -> None:
    """Add a dry run to the ledger: its counts, digest and verdict.

    Raises LedgerError when the state database is held by another process or cannot be written.
    """
    counts = plan.record_counts
    tripped = ",".join(guard.guard for guard in plan.guards if guard.is_tripped)
    values = {
        "sync_run_id": sync_run_id,
        "sync": SYNC,
        "mode": "dry_run",
        "version": plan.version,
        "planned_at": plan.planned_at,
        "record_count": plan.records,
        "added_count": counts["added"],
        "changed_count": counts["changed"],
        "cleared_count": counts["cleared"],
        "unchanged_count": counts["unchanged"],
        "digest": plan.digest,
        "is_allowed": plan.is_allowed,
        "tripped_guards": tripped or None,
    }
    marks = ", ".join("?" for _ in values)
    sql = f"insert into state.sync_runs ({', '.join(values)}) values ({marks})"
    try:
        with open_state(settings) as connection:
            connection.execute(sql, list(values.values()))
    except duckdb.Error as error:
        raise LedgerError(f"the ledger in {settings.state} cannot be written: {error}") from error
