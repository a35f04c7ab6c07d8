"""What landing gives back: the outcome of each file, the counts of an entity, its errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

FileStatus = Literal["loaded", "unchanged", "failed", "retired"]


class FileError(Exception):
    """A file cannot be landed; the message names source, entity, file and remedy."""


class LandingError(Exception):
    """At least one file of an entity failed: nothing of the entity changed in this run.

    `failures` pairs each file with why, for a person.
    """

    def __init__(self, name: str, failures: tuple[tuple[str, str], ...]) -> None:
        """Word the failures of an entity for a person."""
        self.failures = failures
        lines = "\n".join(f"- {message}" for _, message in failures)
        super().__init__(f"{name}: {len(failures)} file(s) could not be landed.\n{lines}")


class CountMismatchError(Exception):
    """The counts of a load do not add up: a defect of landing, never of the data."""


@dataclass(frozen=True)
class RowCounts:
    """Rows of one load. Superseded rows are `changed` (newer version) or `deleted` (gone)."""

    read: int = 0
    unparsed: int = 0
    inserted: int = 0
    unchanged: int = 0
    changed: int = 0
    deleted: int = 0
    before: int = 0
    after: int = 0

    @property
    def parsed(self) -> int:
        """Give the lines that are records."""
        return self.read - self.unparsed

    def assert_balanced(self, name: str) -> None:
        """Raise CountMismatchError unless every row read and every row held is accounted for."""
        if self.read != self.inserted + self.unchanged + self.unparsed:
            raise CountMismatchError(
                f"{name}: {self.read} rows read, but {self.inserted} inserted, {self.unchanged} "
                f"unchanged and {self.unparsed} unparsed. Report this as a bug with the file."
            )
        if self.before + self.inserted - self.changed - self.deleted != self.after:
            raise CountMismatchError(
                f"{name}: {self.before} rows held before, {self.inserted} inserted, "
                f"{self.changed} changed, {self.deleted} deleted, but {self.after} after. "
                "Report this as a bug with the file."
            )


@dataclass(frozen=True)
class FileLoad:
    """One file of one load, as `landing.loads` holds it."""

    file: str
    status: FileStatus
    load_id: str = ""
    content_hash: str | None = None
    file_bytes: int | None = None
    counts: RowCounts = field(default_factory=RowCounts)
    source_columns: tuple[str, ...] = ()
    unmapped_columns: tuple[str, ...] = ()
    max_occurred: datetime | None = None
    note: str | None = None  # why it failed, or why a changed file was not applied


@dataclass(frozen=True)
class LandingResult:
    """One entity of one source after a run; field errors are counted by (column, rule)."""

    source: str
    entity: str
    files: tuple[FileLoad, ...]
    field_errors: Mapping[tuple[str, str], int] = field(default_factory=dict)
    held_rows: int = 0  # current rows of this source and entity, whatever this run brought
    totals: RowCounts | None = None  # of events, which are counted by source and not by file

    @property
    def files_loaded(self) -> int:
        """Give the number of files that were new or changed."""
        return sum(load.status == "loaded" for load in self.files)

    @property
    def files_unchanged(self) -> int:
        """Give the number of files that were held already and not read again."""
        return sum(load.status == "unchanged" for load in self.files)

    @property
    def counts(self) -> RowCounts:
        """Give the sums over the loaded files; `before` the first and `after` the last of them."""
        if self.totals is not None:
            return self.totals
        loaded = [load.counts for load in self.files if load.status == "loaded"]
        if not loaded:
            return RowCounts(before=self.held_rows, after=self.held_rows)
        names = ("read", "unparsed", "inserted", "unchanged", "changed", "deleted")
        sums = {name: sum(getattr(counts, name) for counts in loaded) for name in names}
        return RowCounts(**sums, before=loaded[0].before, after=loaded[-1].after)

    @property
    def unmapped_columns(self) -> tuple[str, ...]:
        """Give the columns found in loaded files that no mapping reads and none ignores."""
        found = {name: None for load in self.files for name in load.unmapped_columns}
        return tuple(found)

    @property
    def max_occurred(self) -> datetime | None:
        """Give the latest occurrence in the loaded files that is not in the future (UTC)."""
        return max((load.max_occurred for load in self.files if load.max_occurred), default=None)
