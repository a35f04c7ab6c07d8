"""What the landing ledger says about each source and entity: loads that failed, were empty or odd.

A file is judged by the last load that read its content, so that a fault stays a fault in later
runs that find the file unchanged.
"""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from dagster_project.landing.ledger import LIVE_LOADS, newest_occurrences
from dagster_project.publication.build_record import company_time_zone

Pair = tuple[str, str]

#: A shorter file is judged as if it had this many rows: one bad value in a small delta is no
#: changed type.
SMALLEST_JUDGED_FILE = 50

#: One row per file that the newest run of its source and entity found, with the load that read it.
_JUDGED_LOADS = f"""
    with live as ({LIVE_LOADS}),

    ordered as (
        select source, entity, run_id, row_number() over (
            partition by source, entity order by loaded_at desc, load_id desc
        ) as position
        from live
    ),

    present as (
        select distinct loads.source, loads.entity, loads.file, loads.run_id
        from live as loads
        inner join ordered
            on loads.source = ordered.source and loads.entity = ordered.entity
            and loads.run_id = ordered.run_id and ordered.position = 1
    ),

    -- a file that is again what was landed before has no failure any more
    mended as (
        select source, entity, file, max(loaded_at) as at from live
        where status = 'unchanged' group by source, entity, file
    ),

    readings as (
        select loads.*, row_number() over (
            partition by loads.source, loads.entity, loads.file
            order by loads.loaded_at desc, loads.load_id desc
        ) as position
        from live as loads
        inner join present
            on loads.source = present.source and loads.entity = present.entity
            and loads.file = present.file
        left join mended
            on loads.source = mended.source and loads.entity = mended.entity
            and loads.file = mended.file
        where loads.status <> 'unchanged'
            and (loads.status <> 'failed' or mended.at is null or loads.loaded_at > mended.at)
    ),

    judged as (select * from readings where position = 1)
"""


@dataclass(frozen=True)
class Finding:
    """A measure of one source and entity, and the words that explain it."""

    value: float
    detail: str | None = None


def landed_pairs(connection: duckdb.DuckDBPyConnection) -> list[Pair]:
    """Give every (source, entity) that landing tried to load and that was not retired since."""
    return connection.execute(
        f"select distinct source, entity from ({LIVE_LOADS}) as live order by source, entity"
    ).fetchall()


def failed_loads(connection: duckdb.DuckDBPyConnection) -> dict[Pair, Finding]:
    """Count files whose last reading failed, with what landing said of them."""
    rows = connection.execute(
        f"{_JUDGED_LOADS} select source, entity, file, error from judged"
        " where status = 'failed' order by source, entity, file"
    ).fetchall()
    return _counted((s, e, f"{file}: {error or 'no reason given'}") for s, e, file, error in rows)


def empty_files(connection: duckdb.DuckDBPyConnection) -> dict[Pair, Finding]:
    """Count files that were read without a single row."""
    rows = connection.execute(
        f"{_JUDGED_LOADS} select source, entity, file from judged"
        " where status <> 'failed' and coalesce(rows_read, 0) = 0 order by source, entity, file"
    ).fetchall()
    return _counted(rows)


def skipped_files(connection: duckdb.DuckDBPyConnection) -> dict[Pair, Finding]:
    """Count full dumps that the newest run found and did not read, since a later one is held."""
    rows = connection.execute(
        f"""
        {_JUDGED_LOADS}
        select distinct live.source, live.entity, live.file || ' is ' || live.error as detail
        from live
        inner join present
            on live.source = present.source and live.entity = present.entity
            and live.file = present.file and live.run_id = present.run_id
        where live.status = 'unchanged' and live.error is not null
        order by live.source, live.entity, detail
        """
    ).fetchall()
    return _counted(rows)


def _counted(rows: object) -> dict[Pair, Finding]:
    found: dict[Pair, list[str]] = {}
    for source, entity, detail in rows:
        found.setdefault((source, entity), []).append(detail)
    return {pair: Finding(len(details), "; ".join(details[:3])) for pair, details in found.items()}


def field_errors(connection: duckdb.DuckDBPyConnection) -> dict[Pair, Finding]:
    """Give the share of unreadable values in the worst column of the worst file."""
    rows = connection.execute(
        f"""{_JUDGED_LOADS}
        select
            judged.source, judged.entity, judged.file, errors.column_name,
            min(errors.rule) as rule, count(*) as error_count, max(judged.rows_read) as rows_read
        from judged
        inner join landing.field_errors as errors on judged.load_id = errors.load_id
            and judged.file = errors.file
        group by judged.source, judged.entity, judged.file, errors.column_name
        """
    ).fetchall()
    worst: dict[Pair, Finding] = {}
    for source, entity, file, column, rule, count, rows_read in rows:
        rate = count / max(rows_read or 0, SMALLEST_JUDGED_FILE)
        if (source, entity) not in worst or rate > worst[source, entity].value:
            detail = f"column {column} of {file}: {rule} in {count:,} of {rows_read or 0:,} rows"
            worst[source, entity] = Finding(rate, detail)
    return worst


def most_rows_before(connection: duckdb.DuckDBPyConnection) -> dict[Pair, int]:
    """Give the most rows that each source and entity ever held before a load."""
    rows = connection.execute(
        f"select source, entity, max(rows_before) from ({LIVE_LOADS}) as live"
        " where rows_before is not null group by source, entity"
    ).fetchall()
    return {(source, entity): count for source, entity, count in rows}


def newest_by_source(
    connection: duckdb.DuckDBPyConnection, known_at: datetime
) -> dict[str, tuple[datetime, str]]:
    """Give when each source last showed life: (moment, which clock said so).

    The clock is the newest occurrence that is held, or for events their receipt; for a source
    without either it is its newest load.
    """
    loaded = connection.execute(
        f"select source, max(loaded_at) from ({LIVE_LOADS}) as live"
        " where status <> 'failed' group by source"
    ).fetchall()
    received = connection.execute(
        "select source, max(least(max_received, landed_at)) from landing.event_files"
        " where superseded_at is null and max_received is not null group by source"
    ).fetchall()
    newest = {source: (moment, "load") for source, moment in loaded}
    occurred: dict[str, datetime] = {}
    pairs = newest_occurrences(connection, known_at, company_time_zone(connection)).items()
    for source, moment in [*((source, moment) for (source, _), moment in pairs), *received]:
        occurred[source] = max(moment, occurred.get(source, moment))
    return newest | {source: (moment, "occurrence") for source, moment in occurred.items()}
