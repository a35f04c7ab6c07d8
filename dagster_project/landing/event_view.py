"""The view `raw_product.events`: every current event file, in the canonical columns.

Columns: those of the entity, then `dt` (date of receipt), `_source`, `_file`. A filter on `dt`
reaches the files, so only the folders of those days are opened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from dagster_project.icp.entities import EVENTS
from dagster_project.landing.dates import as_utc
from dagster_project.landing.mapping import MappedColumn, ResolvedMapping
from dagster_project.landing.parsing import Evidence, parsed_column
from dagster_project.landing.plan import EntityPlan
from dagster_project.landing.sql_text import literal, literal_list, quoted
from dagster_project.landing.tables import SQL_TYPES

_NATIVE_TYPES: Mapping[str, tuple[str, ...]] = {
    "integer": ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"),
    "number": ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL"),
    "boolean": ("BOOLEAN",),
    "date": ("DATE",),
    "timestamp": ("TIMESTAMP", "DATE"),
}


@dataclass(frozen=True)
class ParquetEvents:
    """Event files read in place: what `read_parquet` is given and the types it finds."""

    plan: EntityPlan
    mapping: ResolvedMapping
    types: Mapping[str, str]
    folder: str  # the sources folder, absolute
    is_partitioned: bool  # every file lies in a folder dt=YYYY-MM-DD
    is_mixed: bool  # the files do not all have the same columns

    def scan(self, files: str) -> str:
        """Give the `read_parquet` call over a path, a glob or a list of paths (SQL text)."""
        return parquet_scan(files, is_partitioned=self.is_partitioned, is_mixed=self.is_mixed)

    def select(self, files: str) -> str:
        """Give the events of these files (SQL text of a path, glob or list) canonically."""
        inner, outer = [], []
        resolved = {mapped.column.name: mapped for mapped in self.mapping.columns}
        for column in EVENTS.columns:
            mapped, kind = resolved.get(column.name), SQL_TYPES[column.type]
            if mapped is None:
                outer.append(f"cast(null as {kind}) as {column.name}")
                continue
            expressions, value = self._value(mapped)
            inner += expressions
            outer.append(f"{value} as {column.name}")
        dt = "dt" if self.is_partitioned else f"cast({self._receipt_column()} as date)"
        kept = ", dt" if self.is_partitioned else ""
        return (
            f"select {', '.join(outer)}, {dt} as dt, {literal(self.plan.source)} as _source, "
            f"substr(filename, {len(self.folder) + 2}) as _file "
            f"from (select {', '.join(inner)}, filename{kept} from {self.scan(files)}) as events"
        )

    def _receipt_column(self) -> str:
        names = {mapped.column.name for mapped in self.mapping.columns}
        received = "received_at" if "received_at" in names else "occurred_at"
        mapped = next(item for item in self.mapping.columns if item.column.name == received)
        return self._value(mapped)[1]

    def _value(self, mapped: MappedColumn) -> tuple[list[str], str]:
        """Give the inner expressions of a column and the outer value made of them."""
        name, kind = mapped.column.name, SQL_TYPES[mapped.column.type]
        native = self._native(mapped)
        if native is not None:
            return [f"{native} as v_{name}"], f"v_{name}"
        texts = {source: f"cast({quoted(source)} as varchar)" for source in self.types}
        inner = [f"{mapped.text(texts)} as t_{name}"]
        minutes = mapped.minutes(texts)
        if minutes is not None:
            inner.append(f"{minutes} as m_{name}")
        parsed = parsed_column(
            mapped, Evidence(), date_order=self.plan.date_order, zones=self.plan.zones
        )
        return inner, f"cast({parsed.value} as {kind})"

    def _native(self, mapped: MappedColumn) -> str | None:
        """Give a typed source column as it is, or None when it has to be read as text."""
        plan, kind = mapped.plan, mapped.column.type
        if mapped.source is None or plan.value_map or plan.scale or plan.plus_minutes:
            return None
        found, column = self.types[mapped.source], quoted(mapped.source)
        if kind == "text":
            # staging trims; here it would cost a pass over every event of every query
            return column if found == "VARCHAR" else f"cast({column} as varchar)"
        if not found.startswith(_NATIVE_TYPES[kind]):
            return None
        if found == "TIMESTAMP WITH TIME ZONE":
            return f"timezone('UTC', {column})"
        typed = (
            column if found.lower() == SQL_TYPES[kind] else f"cast({column} as {SQL_TYPES[kind]})"
        )
        if kind != "timestamp":
            return typed
        zones = self.plan.zones
        return as_utc(typed, zones.of_days if found == "DATE" else zones.of_times)


def parquet_scan(files: str, *, is_partitioned: bool, is_mixed: bool) -> str:
    """Give a `read_parquet` call; partitioned files get the column `dt` from their folder."""
    options = ["filename = true", f"union_by_name = {str(is_mixed).lower()}"]
    if is_partitioned:
        options += ["hive_partitioning = true", "hive_types = {'dt': DATE}"]
    else:
        options.append("hive_partitioning = false")
    return f"read_parquet({files}, {', '.join(options)})"


def converted_select(source: str, files: Sequence[str]) -> str:
    """Give the events that landing converted to the lake itself, canonical already."""
    columns = ", ".join(column.name for column in EVENTS.columns)
    scan = (
        f"read_parquet({literal_list(files)}, hive_partitioning = true, "
        "hive_types = {'dt': DATE})"
    )
    return f"select {columns}, dt, {literal(source)} as _source, _file from {scan} as events"


def _empty_select() -> str:
    columns = ", ".join(
        f"cast(null as {SQL_TYPES[column.type]}) as {column.name}" for column in EVENTS.columns
    )
    return (
        f"select {columns}, cast(null as date) as dt, cast(null as varchar) as _source, "
        "cast(null as varchar) as _file where false"
    )


def replace_events_view(connection: duckdb.DuckDBPyConnection, selects: Sequence[str]) -> None:
    """Point the view at these sources; at nothing, typed, when there are none.

    A table of that name (events that another tool lands in the warehouse) is left alone.
    """
    if _is_table(connection):
        return
    body = "\nunion all\n".join(selects) or _empty_select()
    connection.execute(f"create or replace view {EVENTS.raw_table} as {body}")


def ensure_events_view(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the empty view when there is none, or when the files it read are gone."""
    if _is_table(connection):
        return
    # asking the catalogue for a missing view takes a second: it looks for similar names
    connection.execute(f"create view if not exists {EVENTS.raw_table} as {_empty_select()}")
    try:
        connection.execute(f"select 1 from {EVENTS.raw_table} limit 0").fetchall()
    except duckdb.Error:
        replace_events_view(connection, [])


def _is_table(connection: duckdb.DuckDBPyConnection) -> bool:
    rows = connection.execute(
        "select 1 from duckdb_tables() where schema_name = $schema and table_name = $name",
        {"schema": EVENTS.raw_schema, "name": EVENTS.name},
    ).fetchall()
    return bool(rows)
