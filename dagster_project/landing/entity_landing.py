"""Lands one entity of one source: all of its new files, or, if one fails, none."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import duckdb

from dagster_project.landing.discovery import (
    FoundFile,
    HeldFile,
    find_files,
    is_unchanged,
    newer_dump,
)
from dagster_project.landing.ledger import held_files, load_id_of, record_load, record_problems
from dagster_project.landing.plan import EntityPlan
from dagster_project.landing.records import READ_TABLES, ReadFile, read_records
from dagster_project.landing.results import FileError, FileLoad, LandingError, LandingResult
from dagster_project.landing.supersession import Arrival, apply_records, held_rows

_TEMPORARY = (
    "landing_lines", "landing_held", "landing_incoming", "landing_known", "landing_inserted",
    "landing_gone",
)  # fmt: skip


@dataclass
class EntityLanding:
    """One landing of one entity. Nothing is kept unless every file of it could be landed."""

    connection: duckdb.DuckDBPyConnection
    plan: EntityPlan
    sources_dir: Path
    work_dir: Path
    run_id: str
    known_at: datetime
    _errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: What was read, by the file's place in the order of loading.
    _read: dict[int, ReadFile] = field(default_factory=dict)

    def land(self) -> LandingResult:
        """Land the entity; raise LandingError, once every file was tried, when one failed."""
        held = held_files(self.connection, self.plan)
        may_be_absent = bool(held) and self.plan.load_mode != "snapshot"
        try:
            files = find_files(self.plan, self.sources_dir, may_be_absent=may_be_absent)
        except FileError as error:
            self._fail([FileLoad(self.plan.path, "failed", note=str(error))])
        try:
            # read before the transaction: DuckDB scans what one wrote itself with one thread only
            found = [self._open(file, held, place) for place, file in enumerate(files)]
            failures = [load for load in found if load.status == "failed"]
            if failures:
                self._fail(failures)
            self.connection.execute("begin transaction")
            loads = [self._apply(load, place) for place, load in enumerate(found)]
            for load in loads:
                self._record(load)
            self.connection.execute("commit")
        except BaseException:
            self._roll_back()
            raise
        finally:
            self._drop_temporary()
        return LandingResult(
            self.plan.source,
            self.plan.entity.id,
            tuple(loads),
            dict(self._errors),
            held_rows=held_rows(self.connection, self.plan),
        )

    def _unchanged(self, file: FoundFile, newer: str | None) -> FileLoad:
        note = (
            f"not applied: the later full dump {newer} is landed already. If this one is newer,"
            " give it a name that sorts after it; if not, take it away"
            if newer
            else None
        )
        return FileLoad(
            file.name,
            "unchanged",
            load_id=self._load_id(file.name, file.content_hash),
            content_hash=file.content_hash,
            file_bytes=file.file_bytes,
            note=note,
        )

    def _open(self, file: FoundFile, held: Mapping[str, HeldFile], place: int) -> FileLoad:
        """Read one file into tables of its own; after a failure too, to report all at once."""
        known = held.get(file.name)
        newer = newer_dump(file, held, self.plan)
        if is_unchanged(file, known, self.plan) or newer:
            is_read = known is not None and known.content_hash == file.content_hash
            return self._unchanged(file, None if is_read else newer)
        load = FileLoad(
            file.name,
            "failed",
            load_id=self._load_id(file.name, file.content_hash),
            content_hash=file.content_hash,
            file_bytes=file.file_bytes,
        )
        try:
            read = read_records(
                self.connection,
                self.plan,
                file.path,
                file.name,
                known_at=self.known_at,
                work_dir=self.work_dir,
            )
        except FileError as error:
            return replace(load, note=str(error))
        self._read[place] = read
        self._rename(*((table, f"{table}_{place}") for table in READ_TABLES))
        return replace(
            load,
            status="loaded",
            source_columns=read.source_columns,
            unmapped_columns=read.unmapped_columns,
            max_occurred=read.max_occurred,
        )

    def _apply(self, load: FileLoad, place: int) -> FileLoad:
        """Merge what was read of a file, if it was, into the raw table."""
        read = self._read.get(place)
        if read is None:
            return load
        self._rename(*((f"{table}_{place}", table) for table in READ_TABLES))
        arrival = Arrival(self.plan, load.file, load.load_id, self.known_at)
        counts = apply_records(self.connection, arrival, rows_unparsed=read.rows_unparsed)
        self._errors.update(record_problems(self.connection, arrival, read))
        return replace(load, counts=counts)

    def _rename(self, *names: tuple[str, str]) -> None:
        for old, new in names:
            self.connection.execute(f"drop table if exists temp.main.{new}")
            self.connection.execute(f"alter table temp.main.{old} rename to {new}")

    def _load_id(self, name: str, content_hash: str | None) -> str:
        return load_id_of(self.plan, name, content_hash, run_id=self.run_id, known_at=self.known_at)

    def _record(self, load: FileLoad) -> None:
        record_load(self.connection, self.plan, load, run_id=self.run_id, known_at=self.known_at)

    def _fail(self, failures: list[FileLoad]) -> NoReturn:
        """Record the failed files in a transaction of their own and raise LandingError."""
        self._roll_back()
        self.connection.execute("begin transaction")
        for load in failures:
            self._record(load)
        self.connection.execute("commit")
        raise LandingError(self.plan.name, tuple((load.file, load.note or "") for load in failures))

    def _roll_back(self) -> None:
        # outside a transaction there is nothing to undo, and DuckDB says so with an error
        with suppress(duckdb.TransactionException):
            self.connection.execute("rollback")

    def _drop_temporary(self) -> None:
        apart = [f"{table}_{place}" for table in READ_TABLES for place in self._read]
        for table in (*_TEMPORARY, *READ_TABLES, *apart):
            self.connection.execute(f"drop table if exists temp.main.{table}")
