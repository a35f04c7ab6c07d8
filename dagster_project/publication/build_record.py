"""The two clocks of a run, and the record of what each build described.

`as_of_date` is decided once, after landing, and remembered in `audit.builds`, so that an audit
without a build judges the marts against the date they were built for.
"""

import hashlib
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import duckdb

from dagster_project.icp.registry_tables import REGISTRY_TABLES
from dagster_project.landing.ledger import latest_occurrence

#: `build_number` counts builds in the order they ran: two may carry the same clock.
_BUILDS = """
create table if not exists audit.builds (
    run_id varchar not null, known_at timestamp not null, as_of_date date not null,
    usage_from date, usage_to date, usage_definition varchar, inputs varchar,
    is_complete boolean not null, build_number bigint not null
)
"""

#: What `int_usage_user_days` bakes in, days of the company's zone too: when it changes, all of its
#: days must be built again.
_USAGE_DEFINITION = """
    select md5(coalesce(string_agg(line, ';' order by line), '')) from (
        select concat_ws(',', product_id, value_event, active_event) as line
        from icp_registry.products
        union all
        select concat_ws(',', alias, product_id) from icp_registry.product_aliases
        union all
        select time_zone from icp_registry.company
    ) as lines
"""


@dataclass(frozen=True)
class Build:
    """One dbt build: what it described and which usage days it rewrote (null: all of them)."""

    run_id: str
    known_at: datetime
    as_of_date: date
    usage_from: date | None = None
    usage_to: date | None = None
    usage_definition: str | None = None
    inputs: str | None = None

    @property
    def usage_range(self) -> tuple[date, date] | None:
        """Give the rewritten usage days, both included; None when all were."""
        if self.usage_from is None or self.usage_to is None:
            return None
        return self.usage_from, self.usage_to


class AsOfInFutureError(ValueError):
    """The declared as-of date lies ahead: months would be published that nobody has lived."""

    def __init__(self, declared: date, today: date) -> None:
        """Name both days and the remedy."""
        super().__init__(
            f"company.yml: as_of is {declared}, and today is {today}. Write a day that has come,"
            " latest_data or today."
        )


def decide_as_of(
    connection: duckdb.DuckDBPyConnection,
    declared: str | date,
    known_at: datetime,
    time_zone: str,
) -> date:
    """Resolve `as_of` of company.yml: `today`, a date, or the latest data held.

    `latest_data` is the latest occurrence over all entities that is not in the future; with no
    dated data at all it is the run's own day. Days are those of `time_zone`. Raises
    AsOfInFutureError for a day that has not come.
    """
    today = _day(known_at, time_zone)
    if declared == "today":
        return today
    if declared == "latest_data":
        return _day(latest_occurrence(connection, known_at, time_zone) or known_at, time_zone)
    day = date.fromisoformat(declared) if isinstance(declared, str) else declared
    if day > today:
        raise AsOfInFutureError(day, today)
    return day


def _day(moment: datetime, time_zone: str) -> date:
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(time_zone)).date()


def company_time_zone(connection: duckdb.DuckDBPyConnection) -> str:
    """Give the time zone whose days the marts count; UTC while no definitions are held."""
    held = connection.execute(
        "select 1 from duckdb_tables() where database_name = current_database()"
        " and schema_name = 'icp_registry' and table_name = 'company'"
    ).fetchone()
    if held is None:
        return "UTC"
    row = connection.execute("select time_zone from icp_registry.company").fetchone()
    return str(row[0]) if row else "UTC"


def usage_definition(connection: duckdb.DuckDBPyConnection) -> str:
    """Give a hash of the definitions that usage days are built with."""
    row = connection.execute(_USAGE_DEFINITION).fetchone()
    return str(row[0]) if row else ""


def build_inputs(
    connection: duckdb.DuckDBPyConnection, as_of_date: date, known_at: datetime, code: str
) -> str:
    """Give a hash of all that a build depends on: equal inputs give equal tables.

    That is what was landed, the definitions, `code` (the models) and the clocks. Of `known_at` the
    UTC day counts: a row dated in the future becomes valid when its day has come.
    """
    landed = connection.execute(
        "select count(*), max(loaded_at) from landing.loads where status in ('loaded', 'retired')"
    ).fetchone()
    parts = [str(landed), as_of_date.isoformat(), known_at.date().isoformat(), code]
    for table in sorted(REGISTRY_TABLES):
        # tiers are stored by the publication of the build itself
        if table != "previous_tiers":
            rows = connection.execute(f"select * from icp_registry.{table}").fetchall()
            parts.extend(sorted(map(repr, rows)))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]


def record_build(connection: duckdb.DuckDBPyConnection, build: Build, *, is_complete: bool) -> None:
    """Remember a build before it starts (incomplete) and after it ended (complete)."""
    _prepare(connection)
    connection.execute("delete from audit.builds where run_id = ?", [build.run_id])
    connection.execute(
        "insert into audit.builds (run_id, known_at, as_of_date, usage_from, usage_to,"
        " usage_definition, inputs, is_complete, build_number)"
        " select ?, ?, ?, ?, ?, ?, ?, ?, coalesce(max(build_number), 0) + 1 from audit.builds",
        [*astuple(build), is_complete],
    )


def latest_build(connection: duckdb.DuckDBPyConnection) -> Build | None:
    """Give the build that ran last; None when it did not end, was of a part, or there is none.

    A half-built warehouse must never be published, whatever its checks say.
    """
    _prepare(connection)
    row = connection.execute(
        """
        select run_id, known_at, as_of_date, usage_from, usage_to, usage_definition, inputs,
            is_complete
        from audit.builds order by build_number desc limit 1
        """
    ).fetchone()
    return Build(*row[:7]) if row and row[7] else None


def built_definition(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Give the usage definition of the last build that ended; None before the first."""
    _prepare(connection)
    row = connection.execute(
        "select usage_definition from audit.builds where is_complete"
        " order by build_number desc limit 1"
    ).fetchone()
    return row[0] if row else None


def builds_since(connection: duckdb.DuckDBPyConnection, run_id: str | None) -> list[Build]:
    """Give every build that began after that of `run_id`, ended or not, in order."""
    _prepare(connection)
    rows = connection.execute(
        """
        select run_id, known_at, as_of_date, usage_from, usage_to, usage_definition, inputs
        from audit.builds
        where build_number > coalesce(
            (select max(build_number) from audit.builds where run_id = ?), 0
        )
        order by build_number
        """,
        [run_id],
    ).fetchall()
    return [Build(*row) for row in rows]


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema if not exists audit")
    connection.execute(_BUILDS)
    # warehouses made before builds remembered their inputs
    connection.execute("alter table audit.builds add column if not exists inputs varchar")
