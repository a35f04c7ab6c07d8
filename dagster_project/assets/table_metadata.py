"""What Dagster shows of each built table: its rows, its columns and where each column comes from.

dagster-dbt can fetch the same, but asks the warehouse once per table and parses each model once per
column; here it is one query, and one parse per model.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from dagster_project.resources.progress import progress

Relation = tuple[str, str]


def table_metadata(
    connection: duckdb.DuckDBPyConnection, target_path: Path
) -> dict[dg.AssetKey, dict[str, Any]]:
    """Give Dagster's metadata of every model and snapshot that `target_path` holds compiled.

    Views have no row count: counting one would run it. A model whose SQL cannot be traced keeps
    its other metadata.
    """
    manifest = json.loads((target_path / "manifest.json").read_text(encoding="utf-8"))
    columns = _columns(connection)
    rows = _row_counts(connection)
    found = {}
    for node in manifest["nodes"].values():
        relation = _relation(node)
        if node["resource_type"] not in {"model", "snapshot"} or relation not in columns:
            continue
        metadata = {
            "dagster/row_count": rows.get(relation),
            "dagster/column_schema": _schema(node, columns[relation]),
            "dagster/column_lineage": _lineage(node, manifest, columns, target_path),
        }
        found[dg.AssetKey(list(relation))] = {
            key: value for key, value in metadata.items() if value is not None
        }
    return found


def _relation(node: Mapping[str, Any]) -> Relation:
    return node["schema"], node.get("alias") or node.get("identifier") or node["name"]


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


def _lineage(
    node: Mapping[str, Any],
    manifest: Mapping[str, Any],
    columns: Mapping[Relation, Mapping[str, str]],
    target_path: Path,
) -> dg.TableColumnLineage | None:
    compiled = target_path / "compiled" / node["package_name"] / node["original_file_path"]
    if not compiled.exists():  # dbt 1.11 writes no SQL of snapshots
        return None
    parents = {}
    for name in manifest["parent_map"][node["unique_id"]]:
        parent = manifest["nodes"].get(name) or manifest["sources"].get(name)
        if parent:
            parents[_relation(parent)] = columns.get(_relation(parent), {})
    try:
        origins = _origins(compiled.read_text(encoding="utf-8"), parents)
    except Exception as error:  # a parser that knows less than the engine stops no build
        progress.debug(f"No column lineage of {node['name']}: {error}")
        return None
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(dg.AssetKey(list(table)), name) for table, name in deps]
            for column, deps in origins.items()
        }
    )


def _origins(
    sql: str, parents: Mapping[Relation, Mapping[str, str]]
) -> dict[str, list[tuple[Relation, str]]]:
    """Give, per column of a query, the (table, column) pairs of its parents that it is made of."""
    from sqlglot import exp, parse_one
    from sqlglot.lineage import lineage
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    schema: dict[str, dict[str, Mapping[str, str]]] = defaultdict(dict)
    for (schema_name, table), kinds in parents.items():
        schema[schema_name][table] = kinds
    query = parse_one(sql, dialect="duckdb")
    for table in query.find_all(exp.Table):
        table.set("catalog", None)  # parents are known by schema and name
    query = qualify(
        query, schema=schema, dialect="duckdb", identify=False, validate_qualify_columns=False
    )
    scope = build_scope(query)
    origins: dict[str, list[tuple[Relation, str]]] = {}
    for column in query.named_selects:
        nodes = lineage(
            column,
            query,
            schema=schema,
            scope=scope,
            dialect="duckdb",
            copy=False,
            trim_selects=False,
        )
        leaves = set()
        for leaf in nodes.walk():
            table = leaf.expression.find(exp.Table)
            if not leaf.downstream and table and (table.db, table.name) in parents:
                leaves.add(((table.db, table.name), leaf.name.rsplit(".", 1)[-1]))
        origins[column] = sorted(leaves)
    return origins
