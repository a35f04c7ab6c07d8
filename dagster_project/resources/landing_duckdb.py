"""Landing into DuckDB: the resource that Dagster's landing assets call."""

import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Self

import duckdb

from dagster_project.landing.entity_landing import EntityLanding
from dagster_project.landing.event_landing import EventsLanding
from dagster_project.landing.event_view import ensure_events_view
from dagster_project.landing.plan import EntityPlan
from dagster_project.landing.results import LandingResult
from dagster_project.landing.retirement import retire_undeclared
from dagster_project.landing.tables import added_column_ddl, ddl_statements
from dagster_project.resources.warehouse import FILE_FORMAT


class DuckDBLanding:
    """The landing target of the build database; a context manager that holds its one writer.

    Implements `landing.target.LandingTarget`. Close it before dbt opens the same file.
    """

    def __init__(
        self,
        warehouse_path: Path,
        sources_dir: Path,
        lake_dir: Path,
        *,
        memory_limit: str | None = None,
        threads: int | None = None,
    ) -> None:
        """Name the database file, the sources folder and the folder of converted events."""
        self.warehouse_path = warehouse_path
        self.sources_dir = sources_dir
        self.lake_dir = lake_dir
        self._settings = {"memory_limit": memory_limit, "threads": threads}

    def __enter__(self) -> Self:
        self.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
        self.connection = duckdb.connect(str(self.warehouse_path), config=FILE_FORMAT)
        self._work = tempfile.TemporaryDirectory(prefix="icp-landing-")
        # times without a zone are never read in the machine's own
        self.connection.execute("set TimeZone = 'UTC'")
        for name, value in self._settings.items():
            if value is not None:
                self.connection.execute(f"set {name} = '{value}'")
        return self

    def __exit__(self, *exception: object) -> None:
        self.connection.close()
        self._work.cleanup()

    def prepare(self) -> None:
        """Create what is missing, so that dbt always finds every raw table and the events view."""
        for statement in ddl_statements():
            self.connection.execute(statement)
        held = self.connection.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns()"
            " where database_name = current_database() and schema_name like 'raw%'"
        ).fetchall()
        for statement in added_column_ddl(set(held)):
            self.connection.execute(statement)
        ensure_events_view(self.connection)

    def land(self, plan: EntityPlan, *, run_id: str, known_at: datetime) -> LandingResult:
        """Land all new files of one entity of one source in one transaction, once all are read.

        Raise LandingError when a file is missing, unreadable, empty or lacks a mapped column; the
        failures are then in `landing.loads` and nothing else has changed.
        """
        return EntityLanding(
            connection=self.connection,
            plan=plan,
            sources_dir=self.sources_dir,
            work_dir=Path(self._work.name),
            run_id=run_id,
            known_at=known_at,
        ).land()

    def land_events(
        self, plans: Sequence[EntityPlan], *, run_id: str, known_at: datetime
    ) -> list[LandingResult]:
        """Land the event files of all sources in one transaction and point the view at them.

        Raise LandingError as `land` does. No plans: the view is empty.
        """
        return EventsLanding(
            connection=self.connection,
            sources_dir=self.sources_dir,
            lake_dir=self.lake_dir,
            work_dir=Path(self._work.name),
            run_id=run_id,
            known_at=known_at,
        ).land(plans)

    def retire_undeclared(
        self, plans: Sequence[EntityPlan], *, run_id: str, known_at: datetime
    ) -> list[LandingResult]:
        """Supersede, as deleted, what was landed for pairs that `plans` (all of them) lack.

        Give one result for each, `counts.deleted` being its rows; none when all are declared.
        """
        return retire_undeclared(self.connection, plans, run_id=run_id, known_at=known_at)
