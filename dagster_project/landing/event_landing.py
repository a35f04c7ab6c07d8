"""Lands the event files of all sources in one transaction and points the view at them."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import duckdb

from dagster_project.icp.entities import EVENTS
from dagster_project.landing import event_conversion as conversion
from dagster_project.landing import event_files as ledger
from dagster_project.landing import event_lake as lake
from dagster_project.landing.event_files import EventFileChanges
from dagster_project.landing.event_view import converted_select, replace_events_view
from dagster_project.landing.ledger import load_id_of, record_load
from dagster_project.landing.plan import EntityPlan
from dagster_project.landing.results import (
    FileError,
    FileLoad,
    LandingError,
    LandingResult,
    RowCounts,
)
from dagster_project.landing.supersession import Arrival


@dataclass(frozen=True)
class _Source:
    """One source after its files were landed: what it brought and its part of the view."""

    plan: EntityPlan
    loads: tuple[FileLoad, ...]
    totals: FileLoad
    field_errors: dict[tuple[str, str], int]
    select: str | None

    @property
    def result(self) -> LandingResult:
        return LandingResult(
            self.plan.source,
            self.plan.entity.id,
            self.loads,
            self.field_errors,
            held_rows=self.totals.counts.after,
            totals=self.totals.counts,
        )


@dataclass(frozen=True)
class EventsLanding:
    """One landing of the events of all sources."""

    connection: duckdb.DuckDBPyConnection
    sources_dir: Path
    lake_dir: Path
    work_dir: Path
    run_id: str
    known_at: datetime

    def land(self, plans: Sequence[EntityPlan]) -> list[LandingResult]:
        """Land all sources; raise LandingError, once every source was tried, when a file failed."""
        landed: list[_Source] = []
        failures: list[tuple[EntityPlan, str]] = []
        self.connection.execute("begin transaction")
        try:
            for plan in plans:
                try:
                    landed.append(self._land_source(plan))
                except FileError as error:
                    # a failed statement ends the transaction; the other sources are still tried
                    failures.append((plan, str(error)))
                    self._roll_back()
                    self.connection.execute("begin transaction")
            if failures:
                self._fail(failures)
            self._retire({plan.source for plan in plans})
            for source in landed:
                self._record_load(source.plan, source.totals)
            selects = [source.select for source in landed if source.select]
            replace_events_view(self.connection, selects)
            self.connection.execute("commit")
        except BaseException:
            self._roll_back()
            raise
        for source in landed:
            held = ledger.held_event_files(self.connection, source.plan.source)
            current = {file.fingerprint for file in held.values()}
            conversion.remove_obsolete(self.lake_dir, source.plan.source, current)
        return [source.result for source in landed]

    def _land_source(self, plan: EntityPlan) -> _Source:
        ledger.start_scan(self.connection)
        held = ledger.held_event_files(self.connection, plan.source)
        if plan.file_format == "parquet":
            found = ledger.find_event_files(plan, self.sources_dir)
            changes = ledger.changes_of(found, held, lost=frozenset())
            return self._land_in_place(plan, changes)
        found = conversion.find_convertible(plan, self.sources_dir)
        lost = conversion.lost_versions(self.lake_dir, plan.source, held.values())
        return self._land_converted(plan, ledger.changes_of(found, held, lost=lost))

    def _land_in_place(self, plan: EntityPlan, changes: EventFileChanges) -> _Source:
        columns: dict[str, str] = {}
        unmapped: tuple[str, ...] = ()
        if changes.new:
            columns = lake.columns_by_file(self.connection, plan, changes.new)
            unmapped = lake.check_columns(self.connection, plan, changes.new, columns)
        kept = ledger.kept_column_sets(self.connection, plan.source, changes)
        is_mixed = len(kept | set(columns.values())) > 1
        events = lake.parquet_events(
            self.connection, plan, changes.found, self.sources_dir, is_mixed=is_mixed
        )
        if changes.new:
            lake.scan_in_place(self.connection, events, changes.new, self.known_at)
        select = events.select(lake.view_files(plan, changes.found, self.sources_dir))
        totals = FileLoad(
            plan.path,
            "loaded",
            source_columns=tuple(events.types),
            unmapped_columns=unmapped,
        )
        return self._recorded(plan, changes, totals, columns, select)

    def _land_converted(self, plan: EntityPlan, changes: EventFileChanges) -> _Source:
        columns: dict[str, str] = {}
        errors: Counter[tuple[str, str]] = Counter()
        unparsed = 0
        totals = FileLoad(plan.path, "loaded")
        for file in changes.new:
            arrival = Arrival(plan, file.name, self._load_id(plan), self.known_at)
            read, found = conversion.convert(
                self.connection, arrival, file, self.lake_dir, self.work_dir
            )
            columns[file.name] = ",".join(read.source_columns)
            unparsed += read.rows_unparsed
            errors.update(found)
            totals = replace(
                totals,
                source_columns=read.source_columns,
                unmapped_columns=(*totals.unmapped_columns, *read.unmapped_columns),
            )
        current = {file.fingerprint for file in changes.found}
        files = conversion.outputs(self.lake_dir, plan.source, current)
        select = converted_select(plan.source, [str(path) for path in files]) if files else None
        totals = replace(totals, counts=RowCounts(unparsed=unparsed))
        return self._recorded(plan, changes, totals, columns, select, errors)

    def _recorded(
        self,
        plan: EntityPlan,
        changes: EventFileChanges,
        totals: FileLoad,
        columns: dict[str, str],
        select: str | None,
        errors: Counter[tuple[str, str]] | None = None,
    ) -> _Source:
        """Write the changed files to the ledger and count what they brought."""
        replaced = [*(file.name for file in changes.new), *changes.removed]
        ledger.supersede(self.connection, plan.source, replaced, self.known_at)
        latest = ledger.record_event_files(
            self.connection, plan.source, changes.new, columns, self.known_at
        )
        counts = ledger.event_counts(
            self.connection, plan.source, changes, rows_unparsed=totals.counts.unparsed
        )
        counts.assert_balanced(plan.name)
        totals = replace(
            totals,
            status="loaded" if changes.new else "unchanged",
            note=f"{len(changes.removed)} file(s) are gone" if changes.removed else None,
            load_id=self._load_id(plan),
            file_bytes=sum(file.file_bytes for file in changes.new),
            counts=counts,
            max_occurred=latest,
        )
        new = {file.name for file in changes.new}
        loads = tuple(
            replace(
                totals,
                file=file.name,
                status="loaded" if file.name in new else "unchanged",
                content_hash=file.fingerprint,
                file_bytes=file.file_bytes,
                counts=RowCounts(),
                note=None,
            )
            for file in changes.found
        )
        return _Source(plan, loads, totals, dict(errors or {}), select)

    def _retire(self, sources: set[str]) -> None:
        """Supersede the files of sources that sources.yml no longer has."""
        rows = self.connection.execute(
            "select source, file from landing.event_files where superseded_at is null"
        ).fetchall()
        for retired in {source for source, _ in rows} - sources:
            names = [file for source, file in rows if source == retired]
            ledger.supersede(self.connection, retired, names, self.known_at)

    def _load_id(self, plan: EntityPlan) -> str:
        return load_id_of(plan, plan.path, None, run_id=self.run_id, known_at=self.known_at)

    def _record_load(self, plan: EntityPlan, load: FileLoad) -> None:
        record_load(self.connection, plan, load, run_id=self.run_id, known_at=self.known_at)

    def _fail(self, failures: list[tuple[EntityPlan, str]]) -> NoReturn:
        """Record the failed sources in a transaction of their own and raise LandingError."""
        self._roll_back()
        self.connection.execute("begin transaction")
        for plan, message in failures:
            load_id = self._load_id(plan)
            self._record_load(plan, FileLoad(plan.path, "failed", load_id=load_id, note=message))
        self.connection.execute("commit")
        raise LandingError(EVENTS.id, tuple((plan.path, message) for plan, message in failures))

    def _roll_back(self) -> None:
        # outside a transaction there is nothing to undo, and DuckDB says so with an error
        with suppress(duckdb.TransactionException):
            self.connection.execute("rollback")
