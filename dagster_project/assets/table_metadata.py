"""What Dagster shows of each built table: its rows, its columns and where each column comes from.

dagster-dbt can fetch the same, but asks the warehouse once per table; here it is one query.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from dagster_project.assets.column_lineage import Origins, Relation, column_lineage, relation_of


def table_metadata(
    connection: duckdb.DuckDBPyConnection, target_path: Path
) -> dict[dg.AssetKey, dict[str, Any]]:
    """Give Dagster's metadata of every model and snapshot that `target_path` holds compiled.

    Views have no row count: counting one would run it.
    """
    manifest = json.loads((target_path / "manifest.json").read_text(encoding="utf-8"))
    columns = _columns(connection)
    rows = _row_counts(connection)
    lineage = column_lineage(manifest, columns, target_path)
    found = {}
    for node in manifest["nodes"].values():
        relation = relation_of(node)
        if node["resource_type"] not in {"model", "snapshot"} or relation not in columns:
            continue
        metadata = {
            "dagster/row_count": rows.get(relation),
            "dagster/column_schema": _schema(node, columns[relation]),
            "dagster/column_lineage": _lineage(lineage.get(node["unique_id"])),
        }
        found[dg.AssetKey(list(relation))] = {
            key: value for key, value in metadata.items() if value is not None
        }
    return found


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[Relation, dict[str, str]]:
    columns: dict[Relation, dict[str, str]] = defaultdict(dict)
    for schema, table, column, kind in connection.execute(
        "select table_schema, table_name, column_name, data_type from information_schema.columns"
        " where table_catalog = current_database() order by ordinal_position"
    ).fetchall():
        columns[schema, table][column] = kind
    return columns


def _row_counts(connection: duckdb.DuckDBPyConnection) -> dict[Relation, int]:
    tables = connection.execute(
        "select table_schema, table_name from information_schema.tables"
        " where table_catalog = current_database() and table_type = 'BASE TABLE'"
    ).fetchall()
    counts = " union all ".join(
        f"select '{schema}', '{table}', count(*) from \"{schema}\".\"{table}\""
        for schema, table in tables
    )
    found = connection.execute(counts).fetchall() if counts else []
    return {(schema, table): count for schema, table, count in found}


def _schema(node: Mapping[str, Any], columns: Mapping[str, str]) -> dg.TableSchema:
    described = {name.lower(): column for name, column in node["columns"].items()}
    return dg.TableSchema(
        columns=[
            dg.TableColumn(name, kind, described.get(name, {}).get("description") or None)
            for name, kind in columns.items()
        ]
    )


def _lineage(origins: Origins | None) -> dg.TableColumnLineage | None:
    if origins is None:
        return None
    return dg.TableColumnLineage(
        {
            column: [
                dg.TableColumnDep(dg.AssetKey([schema, table]), name)
                for schema, table, name in found
            ]
            for column, found in origins.items()
        }
    )
