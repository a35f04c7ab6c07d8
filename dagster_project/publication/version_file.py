"""Building one version of the published database: a DuckDB file of tables, nothing else.

Checking is done before, putting the file in its place afterwards, both elsewhere.
"""

import shutil
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from dagster_project.checks.mart_tables import published_tables
from dagster_project.publication.patching import BUCKETS, patch_table
from dagster_project.publication.restatements import write_restatements
from dagster_project.publication.state import PUBLISHED_STATE, open_state
from dagster_project.resources.settings import Settings
from dagster_project.resources.warehouse import attach_to_read, memory_limit

#: From this many rows in one table on, a version starts as a copy of the last one, and only what
#: changed is written: a full copy of 20M usage days takes ten seconds, the file's copy a third.
INCREMENTAL_MIN_ROWS = 1_000_000


@dataclass(frozen=True)
class PublishedVersion:
    """One row of the `publication` table and the file that holds it. Times are naive UTC."""

    version: str
    published_at: datetime
    as_of_date: date
    known_at: datetime
    run_id: str
    path: Path


def build_version_file(
    settings: Settings,
    version: PublishedVersion,
    *,
    incremental_min_rows: int = INCREMENTAL_MIN_ROWS,
) -> None:
    """Write the marts that have rules, and the rows that describe them, to `version.path`.

    The file is complete and free of a write-ahead log on return; it is not yet forced to disk.
    Raises duckdb.Error when the warehouse is held by another process or the disk is full.
    """
    is_patch = _is_worth_patching(settings, incremental_min_rows)
    if is_patch:
        shutil.copyfile(settings.published, version.path)
    with open_state(settings):
        pass  # makes the state's tables, so that they can be copied
    connection = duckdb.connect(str(version.path))
    try:
        connection.execute(f"set memory_limit = '{memory_limit()}'")
        connection.execute("set preserve_insertion_order = false")
        attach_to_read(connection, settings.warehouse, "candidate")
        attach_to_read(connection, settings.state, "state_file")
        connection.execute("create schema if not exists published")
        _write_tables(connection, is_patch=is_patch)
        _write_descriptions(connection, version)
        write_restatements(connection, settings, version.version, version.published_at)
        connection.execute("detach candidate")
        connection.execute("detach state_file")
        connection.execute("force checkpoint")
    finally:
        connection.close()
    log = version.path.with_name(version.path.name + ".wal")
    if log.exists():
        raise RuntimeError(f"{log} was left by DuckDB: {version.path} is not complete without it.")


def _write_tables(connection: duckdb.DuckDBPyConnection, *, is_patch: bool) -> None:
    tables = published_tables(connection, "candidate")
    held = connection.execute(
        "select table_name from information_schema.tables"
        " where table_catalog = current_database() and table_schema = 'published'"
    ).fetchall()
    for (name,) in held:
        if name not in tables:
            connection.execute(f"drop table published.{name}")
    for name, schema in tables.items():
        origin, target = f"candidate.{schema}.{name}", f"published.{name}"
        bucket = BUCKETS.get(name)
        if is_patch and bucket and patch_table(connection, origin, target, bucket):
            continue
        connection.execute(f"create or replace table {target} as select * from {origin}")


def _write_descriptions(connection: duckdb.DuckDBPyConnection, version: PublishedVersion) -> None:
    for origin, target in PUBLISHED_STATE.items():
        connection.execute(
            f"create or replace table published.{target} as select * from state_file.{origin}"
        )
    connection.execute(
        "create or replace table published.data_quality as"
        " select * from candidate.audit.check_results where run_id = ?",
        [version.run_id],
    )
    connection.execute(
        "create or replace table published.publication (version varchar, published_at timestamp,"
        " as_of_date date, known_at timestamp, run_id varchar)"
    )
    connection.execute(
        "insert into published.publication values (?, ?, ?, ?, ?)",
        [
            version.version,
            version.published_at,
            version.as_of_date,
            version.known_at,
            version.run_id,
        ],
    )


def _is_worth_patching(settings: Settings, min_rows: int) -> bool:
    if not settings.published.exists():
        return False
    with duckdb.connect(str(settings.published), read_only=True) as connection:
        tables = connection.execute(
            "select table_name, estimated_size from duckdb_tables() where schema_name = 'published'"
        ).fetchall()
        used, free = connection.execute(
            "select used_blocks, free_blocks from pragma_database_size()"
        ).fetchall()[0]
    largest = max((rows for name, rows in tables if name in BUCKETS), default=0)
    # blocks freed by rewritten tables are used again, but never given back to the disk
    return largest >= min_rows and free <= used


def read_version(path: Path) -> PublishedVersion:
    """Read the `publication` row of a version file. Raises duckdb.Error when it is none."""
    # in memory of its own: a process that reads an older file of this name must not see that one
    with duckdb.connect(":memory:") as connection:
        attach_to_read(connection, path, "version_file")
        row = connection.execute(
            "select version, published_at, as_of_date, known_at, run_id"
            " from version_file.published.publication"
        ).fetchall()[0]
    return PublishedVersion(*row, path=path)
