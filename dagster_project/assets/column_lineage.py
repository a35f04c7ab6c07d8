"""Where each column of a built table comes from, traced through the SQL that dbt compiled.

dagster-dbt can do it too, but parses each model once per column. To trace a project takes seconds,
so what was found is kept beside dbt's artifacts until the code or a column changes.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from dagster_project.publication.durable import write_text
from dagster_project.resources.dbt import code_files, code_hash
from dagster_project.resources.progress import progress

#: Schema and name of a table.
Relation = tuple[str, str]
#: By column of a table: the (schema, table, column) of its parents that it is made of.
Origins = dict[str, list[tuple[str, str, str]]]
Columns = Mapping[Relation, Mapping[str, str]]


def relation_of(node: Mapping[str, Any]) -> Relation:
    """Give schema and name of the table that a node of dbt's manifest makes or reads."""
    return node["schema"], node.get("alias") or node.get("identifier") or node["name"]


def column_lineage(
    manifest: Mapping[str, Any], columns: Columns, target_path: Path
) -> dict[str, Origins]:
    """Give the origins of all columns by the node's unique_id; `target_path` holds compiled SQL.

    A model whose SQL cannot be traced is left out: a parser that knows less than the engine stops
    no build.
    """
    kept = target_path / "column_lineage.json"
    made_from = _made_from(_read_or_made(manifest, columns))
    if kept.exists():
        known = json.loads(kept.read_text(encoding="utf-8"))
        if known["made_from"] == made_from:
            return known["lineage"]
    lineage = {}
    for name, node in manifest["nodes"].items():
        compiled = target_path / "compiled" / node["package_name"] / node["original_file_path"]
        # dbt 1.11 writes no SQL of snapshots
        if node["resource_type"] != "model" or not compiled.exists():
            continue
        try:
            origins = _origins(
                compiled.read_text(encoding="utf-8"), _parents(name, manifest, columns)
            )
        except Exception as error:
            progress.debug(f"No column lineage of {node['name']}: {error}")
            continue
        lineage[name] = origins
    write_text(kept, json.dumps({"made_from": made_from, "lineage": lineage}))
    return lineage


def _read_or_made(manifest: Mapping[str, Any], columns: Columns) -> Columns:
    """Leave out tables that are none of dbt's: a publication makes some after the first build."""
    nodes = [*manifest["nodes"].values(), *manifest["sources"].values()]
    named = {relation_of(node) for node in nodes if node["resource_type"] != "test"}
    return {table: kinds for table, kinds in columns.items() if table in named}


def _made_from(columns: Columns) -> str:
    """Give a hash of the code and of every column: with these the lineage is the same."""
    named = json.dumps([[*table, kinds] for table, kinds in sorted(columns.items())])
    code = code_hash(code_files(".sql", ".yml"))
    return sha256(f"{code} {named}".encode()).hexdigest()


def _parents(name: str, manifest: Mapping[str, Any], columns: Columns) -> Columns:
    found = {}
    for parent in manifest["parent_map"][name]:
        node = manifest["nodes"].get(parent) or manifest["sources"].get(parent)
        if node:
            found[relation_of(node)] = columns.get(relation_of(node), {})
    return found


def _origins(sql: str, parents: Columns) -> Origins:
    """Give, per column of a query, the columns of its parents that it is made of."""
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
    origins: Origins = {}
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
                leaves.add((table.db, table.name, leaf.name.rsplit(".", 1)[-1]))
        origins[column] = sorted(leaves)
    return origins
