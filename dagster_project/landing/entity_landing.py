"""Lands one entity of one source: all of its new files, or, if one fails, none."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import duckdb

from dagster_project.landing.discovery import FoundFile, find_files, is_unchanged, newer_dump
from dagster_project.landing.ledger import held_files, load_id_of, record_load, record_problems
from dagster_project.landing.plan import EntityPlan
from dagster_project.landing.records import read_records
from dagster_project.landing.results import FileError, FileLoad, LandingError, LandingResult
from dagster_project.landing.supersession import Arrival, apply_records, held_rows

_TEMPORARY = (
    "landing_text", "landing_records", "landing_unparsed", "landing_lines", "landing_held",
    "landing_incoming", "landing_known", "landing_inserted", "landing_gone",
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

    def land(self) -> LandingResult:
        """Land the entity; raise LandingError, once every file was tried, when one failed."""
        held = held_files(self.connection, self.plan)
        may_be_absent = bool(held) and self.plan.load_mode != "snapshot"
        try:
            files = find_files(self.plan, self.sources_dir, may_be_absent=may_be_absent)
        except FileError as error:
            self._fail([FileLoad(self.plan.path, "failed", note=str(error))])
        # a name seen for the first time in this run is held from then on
        known = dict(held)
        loads: list[FileLoad] = []
        failures: list[FileLoad] = []
        self.connection.execute("begin transaction")
        try:
            for file in files:
                newer = newer_dump(file, known, self.plan)
                if is_unchanged(file, known.get(file.name), self.plan) or newer:
                    load = self._unchanged(file, newer)
                else:
                    load = self._try(file, is_lost=bool(failures))
                (failures if load.status == "failed" else loads).append(load)
            if failures:
                self._fail(failures)
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
        note = f"not applied: the later full dump {newer} is landed already" if newer else None
        return FileLoad(
            file.name,
            "unchanged",
            load_id=self._load_id(file.name, file.content_hash),
            content_hash=file.content_hash,
            file_bytes=file.file_bytes,
            note=note,
        )

    def _try(self, file: FoundFile, *, is_lost: bool) -> FileLoad:
        """Land one file; after a failure the others are only read, to report all at once."""
        load_id = self._load_id(file.name, file.content_hash)
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
            # a failed statement ends the transaction anyway
            self._roll_back()
            return FileLoad(
                file.name,
                "failed",
                load_id=load_id,
                content_hash=file.content_hash,
                file_bytes=file.file_bytes,
                note=str(error),
            )
        arrival = Arrival(self.plan, file.name, load_id, self.known_at)
        load = FileLoad(
            file.name,
            "loaded",
            load_id=load_id,
            content_hash=file.content_hash,
            file_bytes=file.file_bytes,
            source_columns=read.source_columns,
            unmapped_columns=read.unmapped_columns,
            max_occurred=read.max_occurred,
        )
        if is_lost:
            return load
        counts = apply_records(self.connection, arrival, rows_unparsed=read.rows_unparsed)
        self._errors.update(record_problems(self.connection, arrival, read))
        return replace(load, counts=counts)

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
        for table in _TEMPORARY:
            self.connection.execute(f"drop table if exists temp.main.{table}")
