"""What landing remembers: loads, lines and fields that did not parse, and which files are held."""

import hashlib
from datetime import datetime

import duckdb

from dagster_project.icp.entities import ENTITIES, EVENTS
from dagster_project.landing.dates import as_utc
from dagster_project.landing.discovery import HeldFile
from dagster_project.landing.masking import masked_line
from dagster_project.landing.plan import EntityPlan
from dagster_project.landing.records import ReadFile, field_errors_sql
from dagster_project.landing.results import FileLoad
from dagster_project.landing.supersession import Arrival

#: The loads that still count: those of a (source, entity) since it was last retired.
LIVE_LOADS = """
    select loads.*, loads.rowid as load_position from landing.loads as loads
    left join (
        select source, entity, max(loaded_at) as retired_at from landing.loads
        where status = 'retired' group by source, entity
    ) as retirements
        on loads.source = retirements.source and loads.entity = retirements.entity
    where retirements.retired_at is null or loads.loaded_at > retirements.retired_at
"""


def load_id_of(
    plan: EntityPlan, file: str, content_hash: str | None, *, run_id: str, known_at: datetime
) -> str:
    """Give the id of one load of one file: the same for the same run, file and content."""
    parts = (run_id, known_at.isoformat(), plan.source, plan.entity.id, file, content_hash or "")
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:20]


def held_files(connection: duckdb.DuckDBPyConnection, plan: EntityPlan) -> dict[str, HeldFile]:
    """Give the latest version of each file of an entity that was landed, by its name.

    What was retired is held no longer: an entity that is declared again is read again.
    """
    rows = connection.execute(
        f"""
        select file, content_hash, mapping_hash from (
            select *, row_number() over (
                partition by file order by loaded_at desc, load_position desc
            ) as recency
            from ({LIVE_LOADS}) as live
            where source = $source and entity = $entity and status <> 'failed'
                -- found, but never read: an older dump beside a later one
                and (status <> 'unchanged' or error is null)
        ) as landed where recency = 1
        """,
        {"source": plan.source, "entity": plan.entity.id},
    ).fetchall()
    return {name: HeldFile(content, mapping or "") for name, content, mapping in rows}


def record_load(
    connection: duckdb.DuckDBPyConnection,
    plan: EntityPlan,
    load: FileLoad,
    *,
    run_id: str,
    known_at: datetime,
) -> None:
    """Write one row of `landing.loads`; counts are null on a file that was not read."""
    counts = load.counts
    is_read = load.status in ("loaded", "retired")
    values = {
        "load_id": load.load_id,
        "run_id": run_id,
        "source": plan.source,
        "entity": plan.entity.id,
        "file": load.file,
        "content_hash": load.content_hash,
        "mapping_hash": plan.fingerprint,
        "file_bytes": load.file_bytes,
        "load_mode": plan.load_mode,
        "status": load.status,
        "error": load.note,
        "rows_read": counts.read if is_read else None,
        "rows_unparsed": counts.unparsed if is_read else None,
        "rows_inserted": counts.inserted if is_read else None,
        "rows_unchanged": counts.unchanged if is_read else None,
        "rows_changed": counts.changed if is_read else None,
        "rows_deleted": counts.deleted if is_read else None,
        "rows_before": counts.before if is_read else None,
        "rows_after": counts.after if is_read else None,
        "source_columns": ",".join(load.source_columns) or None,
        "max_occurred": load.max_occurred,
        "loaded_at": known_at,
    }
    connection.execute(
        f"insert into landing.loads ({', '.join(values)}) "
        f"values ({', '.join(f'${name}' for name in values)})",
        values,
    )


def record_problems(
    connection: duckdb.DuckDBPyConnection, arrival: Arrival, read: ReadFile
) -> dict[tuple[str, str], int]:
    """Write the lines and fields that did not parse; give field errors by (column, rule).

    What an earlier reading of the file said is superseded; for full dumps, what any earlier dump
    said.
    """
    where = {
        "load_id": arrival.load_id,
        "source": arrival.plan.source,
        "entity": arrival.plan.entity.id,
        "file": arrival.file,
        "known_at": arrival.known_at,
    }
    is_same_file = "true" if arrival.plan.load_mode == "snapshot" else "file = $file"
    for table in ("unparsed_lines", "field_errors"):
        connection.execute(
            f"update landing.{table} set superseded_at = $known_at where superseded_at is null "
            f"and source = $source and entity = $entity and {is_same_file}",
            {name: where[name] for name in ("known_at", "source", "entity")}
            | ({} if is_same_file == "true" else {"file": arrival.file}),
        )
    connection.execute(
        f"""
        insert into landing.unparsed_lines
        select $load_id, $source, $entity, $file, row_number, error, {masked_line("line")},
            $known_at, null
        from landing_unparsed order by row_number
        """,
        where,
    )
    errors = field_errors_sql(arrival.plan, read)
    if errors is None:
        return {}
    connection.execute(
        f"""
        insert into landing.field_errors
        select $load_id, $source, $entity, $file, _row, column_name, rule, value_masked,
            is_required, $known_at, null
        from ({errors}) as errors order by _row, column_name
        """,
        where,
    )
    rows = connection.execute(
        "select column_name, rule, count(*) from landing.field_errors "
        "where load_id = $load_id and file = $file group by all order by all",
        {"load_id": arrival.load_id, "file": arrival.file},
    ).fetchall()
    return {(column, rule): count for column, rule, count in rows}


def latest_occurrence(
    connection: duckdb.DuckDBPyConnection, known_at: datetime, time_zone: str
) -> datetime | None:
    """Give when the newest thing that is held now happened (UTC); None without dated data.

    Superseded rows and what lies after `known_at` do not count.
    """
    return max(newest_occurrences(connection, known_at, time_zone).values(), default=None)


def newest_occurrences(
    connection: duckdb.DuckDBPyConnection, known_at: datetime, time_zone: str
) -> dict[tuple[str, str], datetime]:
    """Give the latest occurrence (UTC, not after `known_at`) of each source and entity.

    What has a date only happened at that day's midnight in the zone. Only current rows and event
    files count; a pair without any is absent.
    """
    columns = _raw_columns(connection)
    newest: dict[tuple[str, str], datetime] = {}
    for entity in ENTITIES.values():
        wanted = {entity.occurred, "_source", "_superseded_at"}
        if entity is EVENTS or not wanted <= columns.get(entity.raw_table, set()):
            continue
        # a table that landing did not make may hold text there
        moment = f"try_cast({entity.occurred} as timestamp)"
        if entity.happens_on_days:
            moment = as_utc(moment, time_zone)
        rows = connection.execute(
            f"""
            select _source, max(occurred) from (
                select _source, {moment} as occurred
                from {entity.raw_table} where _superseded_at is null
            ) as held where occurred <= $known_at group by _source
            """,
            {"known_at": known_at},
        ).fetchall()
        newest |= {(source, entity.id): moment for source, moment in rows}
    rows = connection.execute(
        f"""
        select source, max(occurred) from (
            select source, case when max_occurred <= $known_at then max_occurred
                else {as_utc("cast(last_day as timestamp)", time_zone)} end as occurred
            from landing.event_files where superseded_at is null
        ) as held where occurred <= $known_at group by source
        """,
        {"known_at": known_at},
    ).fetchall()
    return newest | {(source, EVENTS.id): moment for source, moment in rows}


def _raw_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    rows = connection.execute(
        "select table_schema || '.' || table_name, column_name from information_schema.columns"
        " where table_catalog = current_database() and table_schema like 'raw%'"
    ).fetchall()
    columns: dict[str, set[str]] = {}
    for table, column in rows:
        columns.setdefault(table, set()).add(column)
    return columns
