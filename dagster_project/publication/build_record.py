"""The two clocks of a run, and the record of what each build described.

`as_of_date` is decided once, after landing, and remembered in `audit.builds`, so that an audit
without a build judges the marts against the date they were built for.
"""

from dataclasses import dataclass
from datetime import date, datetime

import duckdb

_BUILDS = """
create table if not exists audit.builds (
    run_id varchar not null, known_at timestamp not null, as_of_date date not null,
    usage_from date, usage_to date, is_complete boolean not null
)
"""


@dataclass(frozen=True)
class Build:
    """One dbt build: what it described and which usage days it rewrote (null: all of them)."""

    run_id: str
    known_at: datetime
    as_of_date: date
    usage_from: date | None = None
    usage_to: date | None = None

    @property
    def usage_range(self) -> tuple[date, date] | None:
        """Give the rewritten usage days, both included; None when all were."""
        if self.usage_from is None or self.usage_to is None:
            return None
        return self.usage_from, self.usage_to


def decide_as_of(
    connection: duckdb.DuckDBPyConnection, declared: str | date, known_at: datetime
) -> date:
    """Resolve `as_of` of company.yml: `today`, a date, or the latest data landed.

    `latest_data` is the latest occurrence over all entities that is not in the future; with no
    dated data at all it is the run's own day.
    """
    if isinstance(declared, date):
        return declared
    if declared == "today":
        return known_at.date()
    if declared != "latest_data":
        return date.fromisoformat(declared)
    row = connection.execute(
        """
        select max(occurred) from (
            select cast(max_occurred as date) as occurred from landing.loads
            where status <> 'failed' and max_occurred <= $known_at
            union all
            select last_day from landing.event_files
            where superseded_at is null and last_day <= cast($known_at as date)
        ) as occurrences
        """,
        {"known_at": known_at},
    ).fetchone()
    return row[0] if row and row[0] else known_at.date()


def record_build(connection: duckdb.DuckDBPyConnection, build: Build, *, is_complete: bool) -> None:
    """Remember a build before it starts (incomplete) and after it ended (complete)."""
    connection.execute("create schema if not exists audit")
    connection.execute(_BUILDS)
    connection.execute("delete from audit.builds where run_id = ?", [build.run_id])
    connection.execute(
        "insert into audit.builds values (?, ?, ?, ?, ?, ?)",
        [
            build.run_id,
            build.known_at,
            build.as_of_date,
            build.usage_from,
            build.usage_to,
            is_complete,
        ],
    )


def latest_build(connection: duckdb.DuckDBPyConnection) -> Build | None:
    """Give the last complete build; None when a later one began and did not end, or there is none.

    A half-built warehouse must never be published, whatever its checks say.
    """
    connection.execute("create schema if not exists audit")
    connection.execute(_BUILDS)
    row = connection.execute(
        """
        select run_id, known_at, as_of_date, usage_from, usage_to, is_complete from audit.builds
        order by known_at desc, is_complete limit 1
        """
    ).fetchone()
    if row is None or not row[5]:
        return None
    return Build(*row[:5])
