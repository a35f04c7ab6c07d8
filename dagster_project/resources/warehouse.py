"""Connections to the build database. Readers use the published database, never this one."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from dagster_project.landing.sql_text import literal
from dagster_project.resources.settings import Settings

#: Two cores and a bound on memory keep a laptop usable; DuckDB spills to disk past it.
DEFAULT_MEMORY_LIMIT = "4GB"
#: Writing text costs less in a newer file format. Only the pinned engine opens the warehouse; the
#: published file keeps the format that older readers know.
FILE_FORMAT = {"storage_compatibility_version": "v1.5.0"}


def memory_limit() -> str:
    """Give the memory bound of the warehouse engine, from ICP_MEMORY_LIMIT."""
    return os.environ.get("ICP_MEMORY_LIMIT") or DEFAULT_MEMORY_LIMIT


@contextmanager
def open_warehouse(
    settings: Settings, *, read_only: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the build database and close it on every way out.

    DuckDB allows one writing process: dbt cannot start while a connection from here is open.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(str(settings.warehouse), read_only=read_only, config=FILE_FORMAT)
    try:
        connection.execute(f"set memory_limit = '{memory_limit()}'")
        connection.execute("set TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


@contextmanager
def open_published(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the published database read-only; raise FileNotFoundError when there is none yet."""
    if not settings.published.exists():
        raise FileNotFoundError(
            f"Nothing is published yet at {settings.published}. Run `icp run` or `make run` first."
        )
    connection = duckdb.connect(str(settings.published), read_only=True)
    try:
        connection.execute("set schema = 'published'")
        yield connection
    finally:
        connection.close()


def attach_to_read(connection: duckdb.DuckDBPyConnection, file: Path, name: str) -> None:
    """Attach a database file under a name, read-only: other processes may read it too."""
    connection.execute(f"attach {literal(str(file))} as {name} (read_only)")


def insert_rows(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]
) -> None:
    """Insert rows, all of one length, in one statement: executemany plans every row anew."""
    if not rows:
        return
    marks = f"({', '.join('?' * len(rows[0]))})"
    values = ", ".join([marks] * len(rows))
    parameters = [value for row in rows for value in row]
    connection.execute(f"insert into {table} values {values}", parameters)
