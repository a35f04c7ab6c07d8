"""Profiles kept per run in the warehouse, and the one that the published version was made from.

Comparing with what is published, and not with the last run, keeps a fault a fault: the run after a
failed one would otherwise find its own damage normal.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

import duckdb
import pandas as pd

from dagster_project.resources.settings import Settings
from dagster_project.resources.warehouse import open_published

#: Profiles of runs that never published are kept for looking at, this many of them.
KEPT_RUNS = 30

_DDL = """
create table if not exists audit.profiles (
    run_id varchar not null, source varchar, entity varchar, relation varchar not null,
    column_name varchar not null, data_type varchar, row_count bigint, null_count bigint,
    distinct_count bigint, min_number double precision, max_number double precision,
    min_text varchar, max_text varchar, p05 double precision, p25 double precision,
    p50 double precision, p75 double precision, p95 double precision, profiled_at timestamp not null
)
"""


@dataclass(frozen=True)
class Baseline:
    """Row counts of the last published version, by relation, and raw values filled behind it.

    Everything is empty before the first publication.
    """

    run_id: str | None = None
    as_of_date: date | None = None
    known_at: datetime | None = None
    mart_rows: dict[str, int] = field(default_factory=dict)
    counts: dict[tuple[str, str, str], tuple[int, int]] = field(default_factory=dict)

    def rows(self, source: str, entity: str) -> int | None:
        """Give how many rows a source's entity held; None when it was not there."""
        found = [
            count for (s, e, _), (count, _) in self.counts.items() if (s, e) == (source, entity)
        ]
        return max(found, default=None)

    def filled(self, source: str, entity: str, column: str) -> int:
        """Give how many values a raw column held."""
        return self.counts.get((source, entity, column), (0, 0))[1]


def read_baseline(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Baseline:
    """Read what the published version holds and the raw profiles of the run that made it."""
    if not settings.published.exists():
        return Baseline()
    with open_published(settings) as published:
        run_id, as_of_date, known_at = published.execute(
            "select run_id, as_of_date, known_at from publication"
        ).fetchall()[0]
        names = published.execute(
            "select table_name from information_schema.tables where table_schema = 'published'"
        ).fetchall()
        mart_rows = {
            name: published.execute(f"select count(*) from {name}").fetchall()[0][0]
            for (name,) in names
        }
    _prepare(connection)
    rows = connection.execute(
        "select source, entity, column_name, row_count, row_count - null_count"
        " from audit.profiles where run_id = ? and source is not null",
        [run_id],
    ).fetchall()
    counts = {(source, entity, column): (n, filled) for source, entity, column, n, filled in rows}
    return Baseline(run_id, as_of_date, known_at, mart_rows, counts)


def keep_profiles(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    frame: pd.DataFrame,
    *,
    published_run: str | None,
) -> None:
    """Store profiles of a run, with columns source and entity beside those of a profile.

    What the run stored before for the same relations is replaced; runs past `KEPT_RUNS` go, the
    published one never.
    """
    _prepare(connection)
    if frame.empty:
        return
    kept = frame.assign(run_id=run_id)
    connection.register("new_profiles", kept)
    connection.execute(
        "delete from audit.profiles where run_id = ? and relation in"
        " (select relation from new_profiles)",
        [run_id],
    )
    names = ", ".join(kept.columns)
    connection.execute(
        f"insert into audit.profiles ({names}, profiled_at)"
        f" select {names}, cast(now() at time zone 'UTC' as timestamp) from new_profiles"
    )
    connection.unregister("new_profiles")
    connection.execute(
        """
        delete from audit.profiles where run_id <> coalesce(?, '') and run_id not in (
            select run_id from audit.profiles group by run_id
            order by max(profiled_at) desc limit ?
        )
        """,
        [published_run, KEPT_RUNS],
    )


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema if not exists audit")
    connection.execute(_DDL)
