"""Event files read in place: checking their columns, and what the view needs to read them."""

import glob
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from dagster_project.landing.discovery import is_glob
from dagster_project.landing.event_files import EventFile, scan_events
from dagster_project.landing.event_view import ParquetEvents, parquet_scan
from dagster_project.landing.mapping import resolve
from dagster_project.landing.opened import TableFile
from dagster_project.landing.plan import EntityPlan
from dagster_project.landing.readers import open_parquet
from dagster_project.landing.results import FileError
from dagster_project.landing.sql_text import literal, literal_list

_PARTITION = re.compile(r"(^|/)dt=\d{4}-\d{2}-\d{2}/")


def columns_by_file(
    connection: duckdb.DuckDBPyConnection, plan: EntityPlan, files: Sequence[EventFile]
) -> dict[str, str]:
    """Give names and types of the columns of each file, as one text, from the footers alone.

    Raise FileError naming the first file that is no Parquet.
    """
    by_path = {str(file.path): file.name for file in files}
    try:
        rows = connection.execute(
            """
            select file_name,
                string_agg(name || ' ' || coalesce(logical_type, type), ',' order by name)
            from parquet_schema($paths) where type is not null
            group by file_name
            """,
            {"paths": list(by_path)},
        ).fetchall()
    except duckdb.Error:
        for file in files:
            open_parquet(connection, plan, file.path, file.name)
        raise
    return {by_path[path]: columns for path, columns in rows}


def check_columns(
    connection: duckdb.DuckDBPyConnection,
    plan: EntityPlan,
    files: Sequence[EventFile],
    columns: dict[str, str],
) -> tuple[str, ...]:
    """Check that the files have the mapped columns, once per different set of columns.

    Give the unmapped columns. Raise FileError for a missing one.
    """
    representatives = {columns[file.name]: file for file in files}
    unmapped: dict[str, None] = {}
    for file in representatives.values():
        opened = open_parquet(connection, plan, file.path, file.name)
        unmapped |= dict.fromkeys(resolve(plan, opened, file.name).unmapped)
    return tuple(name for name in unmapped if name != "dt")


def parquet_events(
    connection: duckdb.DuckDBPyConnection,
    plan: EntityPlan,
    files: Sequence[EventFile],
    sources_dir: Path,
    *,
    is_mixed: bool,
) -> ParquetEvents:
    """Describe the files of one source as the view reads them."""
    is_partitioned = all(_PARTITION.search(file.name) for file in files)
    # with equal columns one footer tells the types of all files
    sample = files if is_mixed else files[:1]
    scan = parquet_scan(
        literal_list(str(file.path) for file in sample),
        is_partitioned=is_partitioned,
        is_mixed=is_mixed,
    )
    try:
        described = connection.execute(f"describe select * from {scan}").fetchall()
    except duckdb.Error as error:
        raise FileError(
            f"{plan.name}: the files of {plan.path!r} cannot be read together "
            f"({str(error).splitlines()[0]}). Give a column the same type in all of them."
        ) from error
    types = {name: kind for name, kind, *_ in described if name not in ("filename", "dt")}
    opened = TableFile(columns=tuple(types), sql="")
    return ParquetEvents(
        plan=plan,
        mapping=resolve(plan, opened, plan.path),
        types=types,
        folder=str(sources_dir),
        is_partitioned=is_partitioned,
        is_mixed=is_mixed,
    )


def scan_in_place(
    connection: duckdb.DuckDBPyConnection,
    events: ParquetEvents,
    files: Sequence[EventFile],
    known_at: datetime,
) -> None:
    """Count the events of these files into the scan; only two columns of them are read."""
    select = events.select(literal_list(str(file.path) for file in files))
    try:
        scan_events(connection, events.plan, select, known_at=known_at)
    except duckdb.Error as error:
        raise FileError(
            f"{events.plan.name}: events cannot be read ({str(error).splitlines()[0]}). "
            "Export the file again."
        ) from error


def view_files(plan: EntityPlan, files: Sequence[EventFile], sources_dir: Path) -> str:
    """Give SQL text of the path that the view reads: the glob of sources.yml."""
    if is_glob(plan.path):
        # brackets in the name of the folder are its name; those of sources.yml are a pattern
        return literal(f"{glob.escape(str(sources_dir))}/{plan.path}")
    return literal(str(files[0].path))
