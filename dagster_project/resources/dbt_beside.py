"""A dbt command that only reads, run by the dbt that waits while this process reads too.

DuckDB lets several processes read one file as long as none of them may write to it.
"""

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path

from dagster_project.resources.dbt import (
    SILENT,
    DbtNode,
    DbtOutcome,
    command_line,
    run_dbt,
    state_folder,
)
from dagster_project.resources.dbt_ahead import run_waiting
from dagster_project.resources.settings import Settings


def begin_reading(
    args: Sequence[str], *, settings: Settings, known_at: datetime, as_of_date: date
) -> Callable[[], DbtOutcome]:
    """Begin e.g. `["test"]` in the dbt that waits; give what returns its outcome.

    Until that is asked for, this process may open the warehouse to read, not to write. Where no dbt
    waits, the command runs when its outcome is asked for, in this process, and no connection to the
    warehouse may be open then.
    """
    arguments, variables = command_line(args, settings, known_at, as_of_date)
    environment = {**os.environ, **variables, "ICP_WAREHOUSE_ACCESS": "READ_ONLY"}
    results = state_folder(settings) / "run_results.json"
    results.unlink(missing_ok=True)
    with_one_thread = ThreadPoolExecutor(max_workers=1)
    begun = with_one_thread.submit(run_waiting, [*SILENT, *arguments], environment)
    with_one_thread.shutdown(wait=False)

    def outcome() -> DbtOutcome:
        if begun.result() and results.exists():
            return _read_outcome(results)
        # what stopped it, if one waited, is said when it runs here
        return run_dbt(args, settings=settings, known_at=known_at, as_of_date=as_of_date)

    return outcome


def _read_outcome(run_results: Path) -> DbtOutcome:
    rows = json.loads(run_results.read_text(encoding="utf-8"))["results"]
    nodes = [
        DbtNode(
            unique_id=row["unique_id"],
            # such as test.icp.NAME.1a2b3c
            name=row["unique_id"].split(".")[2],
            status=row["status"],
            message=row["message"],
            failures=row["failures"],
            seconds=float(row["execution_time"]),
        )
        for row in rows
    ]
    return DbtOutcome(success=not any(node.is_failed for node in nodes), results=nodes)
