"""Measures of the raw edge: one small set of numbers per source and entity, from SQL.

What is allowed is decided by the suites.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb
import pandas as pd

from dagster_project.checks import loads
from dagster_project.checks.profile import column_types, profile
from dagster_project.checks.profile_history import Baseline
from dagster_project.icp.entities import ENTITIES, EVENTS, META_COLUMNS, Column, Entity
from dagster_project.landing.tables import SQL_TYPES

#: Names that engines give to one and the same type.
_TYPE_FAMILIES: dict[str, str] = {
    "varchar": "text",
    "text": "text",
    "character varying": "text",
    "string": "text",
    "bigint": "integer",
    "integer": "integer",
    "smallint": "integer",
    "double": "number",
    "double precision": "number",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "timestamp without time zone": "timestamp",
}
#: Events carry these of landing's columns; the rest is about rows of a table.
_EVENT_META = ("_source", "_file")


@dataclass
class RawMeasures:
    """The numbers of one source and entity, with words for those that need explaining."""

    source: str
    entity: Entity
    values: dict[str, float | None] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    profile: pd.DataFrame | None = None

    def take(self, name: str, finding: loads.Finding | None) -> None:
        """Store a finding; none is zero."""
        self.values[name] = finding.value if finding else 0
        if finding and finding.detail:
            self.details[name] = finding.detail


def measure_raw(
    connection: duckdb.DuckDBPyConnection, pairs: list[loads.Pair], baseline: Baseline
) -> list[RawMeasures]:
    """Measure each (source, entity); a relation that does not exist has only what is missing."""
    failed = loads.failed_loads(connection)
    empty = loads.empty_files(connection)
    skipped = loads.skipped_files(connection)
    errors = loads.field_errors(connection)
    held = loads.most_rows_before(connection)
    measured = []
    for source, entity_id in pairs:
        found = RawMeasures(source, ENTITIES[entity_id])
        found.take("failed_loads", failed.get((source, entity_id)))
        found.take("empty_files", empty.get((source, entity_id)))
        found.take("skipped_files", skipped.get((source, entity_id)))
        found.take("field_error_rate", errors.get((source, entity_id)))
        types = column_types(connection, found.entity.raw_table)
        _measure_schema(found, types)
        if types:
            measure = _measure_events if found.entity is EVENTS else _measure_rows
            measure(connection, found)
            before = baseline.rows(source, entity_id)
            _measure_drop(found, held.get((source, entity_id)) if before is None else before)
            _measure_emptied(found, baseline)
        measured.append(found)
    return measured


def _measure_schema(found: RawMeasures, types: dict[str, str]) -> None:
    if not types:
        # product.events is a view that landing makes; without a file there may be none
        found.take("missing_columns", loads.Finding(1, "the relation does not exist"))
        found.take("wrong_types", None)
        return
    wanted = {column.name: column.type for column in found.entity.columns}
    meta = _EVENT_META if found.entity is EVENTS else META_COLUMNS
    missing = [name for name in (*wanted, *meta) if name not in types]
    wrong = [
        f"{name} is {types[name]}, expected {SQL_TYPES[kind]}"
        for name, kind in wanted.items()
        if name in types and _family(types[name]) not in {kind, "unknown"}
    ]
    found.take("missing_columns", loads.Finding(len(missing), ", ".join(missing)))
    found.take("wrong_types", loads.Finding(len(wrong), "; ".join(wrong)))


def _family(data_type: str) -> str:
    plain = data_type.split("(")[0].strip()
    return _TYPE_FAMILIES.get(plain, plain)


def _measure_rows(connection: duckdb.DuckDBPyConnection, found: RawMeasures) -> None:
    condition = f"_source = '{found.source}' and _superseded_at is null"
    found.profile = profile(connection, found.entity.raw_table, where=condition, counts_only=True)
    found.values["row_count"] = int(found.profile["row_count"].max())
    _measure_keys(connection, found, condition)


def _measure_events(connection: duckdb.DuckDBPyConnection, found: RawMeasures) -> None:
    """Count events in the ledger, and look only at the newest day: the lake may hold years."""
    total, newest = connection.execute(
        """
        select coalesce(sum(event_rows), 0), cast(max(max_received) as date)
        from landing.event_files where source = ? and superseded_at is null
        """,
        [found.source],
    ).fetchall()[0]
    found.values["row_count"] = int(total)
    day: date | None = newest
    condition = f"_source = '{found.source}'"
    if day is not None:
        condition += f" and dt = date '{day.isoformat()}'"
    _measure_keys(connection, found, condition)


def _measure_keys(
    connection: duckdb.DuckDBPyConnection, found: RawMeasures, condition: str
) -> None:
    entity = found.entity
    required = [column.name for column in _key_columns(entity) if column.required]
    is_null = " or ".join(f"{name} is null" for name in required or entity.key)
    key = ", ".join(entity.key)
    total, null_keys, distinct = connection.execute(
        f"""
        select
            coalesce(sum(row_count), 0),
            coalesce(sum(case when {is_null} then row_count else 0 end), 0),
            coalesce(sum(case when {is_null} then 0 else 1 end), 0)
        from (
            select {key}, count(*) as row_count from {entity.raw_table}
            where {condition} group by {key}
        ) as counted
        """
    ).fetchall()[0]
    keyed = total - null_keys
    found.values["null_key_rate"] = null_keys / total if total else 0.0
    found.values["duplicate_rate"] = 1 - distinct / keyed if keyed else 0.0
    found.details["null_key_rate"] = f"{null_keys:,} of {total:,} rows lack {key}"
    found.details["duplicate_rate"] = f"{keyed - distinct:,} of {keyed:,} rows"


def _key_columns(entity: Entity) -> list[Column]:
    return [column for column in entity.columns if column.name in entity.key]


def _measure_drop(found: RawMeasures, before: int | None) -> None:
    now = found.values["row_count"] or 0
    found.values["drop_rate"] = max(0.0, 1 - now / before) if before else 0.0
    if before:
        found.details["drop_rate"] = f"{int(now):,} rows now, {before:,} before"


def _measure_emptied(found: RawMeasures, baseline: Baseline) -> None:
    """Find the column that lost most of its values since the last publication.

    A source column that is taken by its canonical name and then renamed shows nowhere else.
    """
    worst, detail = 0.0, None
    frame = found.profile if found.profile is not None else pd.DataFrame()
    rows: list[dict[str, Any]] = frame.to_dict("records")
    for row in rows:
        before = baseline.filled(found.source, found.entity.id, row["column_name"])
        if not before or row["column_name"] in META_COLUMNS:
            continue
        now = row["row_count"] - row["null_count"]
        if 1 - now / before > worst:
            worst = 1 - now / before
            detail = f"column {row['column_name']}: {now:,} values now, {before:,} before"
    found.take("emptied_rate", loads.Finding(worst, detail))
