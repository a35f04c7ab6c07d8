"""The event files on disk against those held, and what is recorded of the new ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from dagster_project.landing.dates import day_of
from dagster_project.landing.discovery import paths_of
from dagster_project.landing.plan import EntityPlan
from dagster_project.landing.results import FileError, RowCounts

#: Per new file and day of occurrence: rows, latest receipt, latest occurrence up to known_at.
_SCAN_COLUMNS = (
    "file varchar, usage_day date, event_rows bigint, max_received timestamp, "
    "max_occurred timestamp"
)


@dataclass(frozen=True)
class EventFile:
    """One event file on disk; `name` is relative to the sources folder."""

    name: str
    path: Path
    fingerprint: str
    file_bytes: int


@dataclass(frozen=True)
class HeldEventFile:
    """The current version of an event file."""

    fingerprint: str
    event_rows: int


@dataclass(frozen=True)
class EventFileChanges:
    """What became of the files of one source since they were last landed."""

    found: tuple[EventFile, ...]
    new: tuple[EventFile, ...]  # new or changed
    replaced_rows: int  # events in the earlier versions of changed files
    removed: tuple[str, ...]
    removed_rows: int
    held_rows: int


def find_event_files(plan: EntityPlan, sources_dir: Path) -> list[EventFile]:
    """Give the files in name order, told apart by size, time of change and mapping.

    Contents are not read: a lake is large. Raise FileError when there is no file.
    """
    paths = paths_of(sources_dir, plan.path)
    if not paths:
        raise FileError(
            f"{plan.name}: no file matches {plan.path!r} in the sources folder. "
            "Put the events there, or correct `path` in sources.yml."
        )
    files = []
    for path in paths:
        facts = path.stat()
        fingerprint = f"{facts.st_size}-{facts.st_mtime_ns}-{plan.fingerprint}"
        name = path.relative_to(sources_dir).as_posix()
        files.append(EventFile(name, path, fingerprint, facts.st_size))
    return files


def held_event_files(
    connection: duckdb.DuckDBPyConnection, source: str
) -> dict[str, HeldEventFile]:
    """Give the current event files of a source by name."""
    rows = connection.execute(
        "select file, fingerprint, event_rows from landing.event_files "
        "where source = $source and superseded_at is null",
        {"source": source},
    ).fetchall()
    return {name: HeldEventFile(fingerprint, count) for name, fingerprint, count in rows}


def changes_of(
    found: Sequence[EventFile], held: Mapping[str, HeldEventFile], *, lost: frozenset[str]
) -> EventFileChanges:
    """Compare the files on disk with those held; `lost` fingerprints have to be landed again."""
    names = {file.name for file in found}
    new = tuple(
        file
        for file in found
        if file.name not in held
        or held[file.name].fingerprint != file.fingerprint
        or file.fingerprint in lost
    )
    removed = tuple(name for name in held if name not in names)
    return EventFileChanges(
        found=tuple(found),
        new=new,
        replaced_rows=sum(held[file.name].event_rows for file in new if file.name in held),
        removed=removed,
        removed_rows=sum(held[name].event_rows for name in removed),
        held_rows=sum(file.event_rows for file in held.values()),
    )


def kept_column_sets(
    connection: duckdb.DuckDBPyConnection, source: str, changes: EventFileChanges
) -> set[str]:
    """Give the different column sets of the held files that stay as they are."""
    rows = connection.execute(
        """
        select distinct source_columns from landing.event_files
        where source = $source and superseded_at is null and not list_contains($names, file)
        """,
        {"source": source, "names": [*(file.name for file in changes.new), *changes.removed]},
    ).fetchall()
    return {columns for (columns,) in rows}


def event_counts(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    changes: EventFileChanges,
    *,
    rows_unparsed: int,
) -> RowCounts:
    """Give the counts of a landing of one source: changed and deleted events went with files."""
    row = connection.execute("select sum(event_rows) from landing_event_scan").fetchone()
    inserted = int(row[0] or 0) if row else 0
    held = held_event_files(connection, source)
    return RowCounts(
        read=inserted + rows_unparsed,
        unparsed=rows_unparsed,
        inserted=inserted,
        changed=changes.replaced_rows,
        deleted=changes.removed_rows,
        before=changes.held_rows,
        after=sum(file.event_rows for file in held.values()),
    )


def start_scan(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the empty table that scans of new files fill."""
    connection.execute(f"create or replace temp table landing_event_scan ({_SCAN_COLUMNS})")


def scan_events(
    connection: duckdb.DuckDBPyConnection, plan: EntityPlan, select: str, *, known_at: datetime
) -> None:
    """Count the events of a select with `_file`, occurred_at and received_at into the scan."""
    day = day_of("occurred_at", plan.zones.of_days)
    connection.execute(
        f"""
        insert into landing_event_scan
        select _file, {day} as usage_day, count(*), max(received_at),
            max(case when occurred_at <= $known_at then occurred_at end)
        from ({select}) as events group by all
        """,
        {"known_at": known_at},
    )


def supersede(
    connection: duckdb.DuckDBPyConnection, source: str, names: Sequence[str], known_at: datetime
) -> None:
    """Supersede the current versions of these files; their days have to be built again."""
    connection.execute(
        """
        update landing.event_files set superseded_at = $known_at, built_at = null
        where source = $source and superseded_at is null and list_contains($names, file)
        """,
        {"source": source, "names": list(names), "known_at": known_at},
    )


def record_event_files(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    files: Sequence[EventFile],
    columns: Mapping[str, str],
    known_at: datetime,
) -> datetime | None:
    """Write new files to the ledger from the scan; `columns` are their columns by file name.

    Give the latest occurrence in them that is not in the future.
    """
    connection.execute(
        """
        create or replace temp table landing_event_new as
        select unnest($names) as file, unnest($fingerprints) as fingerprint,
            unnest($columns) as source_columns
        """,
        {
            "names": [file.name for file in files],
            "fingerprints": [file.fingerprint for file in files],
            "columns": [columns[file.name] for file in files],
        },
    )
    connection.execute(
        """
        insert into landing.event_files (source, file, fingerprint, event_rows, first_day,
            last_day, max_received, max_occurred, source_columns, landed_at)
        select $source, new.file, new.fingerprint, coalesce(sum(scan.event_rows), 0),
            min(scan.usage_day), max(scan.usage_day), max(scan.max_received),
            max(scan.max_occurred), new.source_columns, $known_at
        from landing_event_new as new
        left join landing_event_scan as scan on new.file = scan.file
        group by new.file, new.fingerprint, new.source_columns
        """,
        {"source": source, "known_at": known_at},
    )
    connection.execute(
        """
        delete from landing.event_file_days as days using landing_event_new as new
        where days.source = $source and days.file = new.file
            and days.fingerprint = new.fingerprint
        """,
        {"source": source},
    )
    connection.execute(
        """
        insert into landing.event_file_days
        select $source, new.file, new.fingerprint, scan.usage_day, scan.event_rows
        from landing_event_new as new
        inner join landing_event_scan as scan on new.file = scan.file
        where scan.usage_day is not null
        """,
        {"source": source},
    )
    row = connection.execute("select max(max_occurred) from landing_event_scan").fetchone()
    return row[0] if row else None
