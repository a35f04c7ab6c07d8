"""Which tables of the candidate are published: those with rules, and no others.

A table that a renamed or removed model left behind is never built again; nobody would notice.
"""

from typing import TYPE_CHECKING

import duckdb

from dagster_project.checks.expectations import Suite, limited, measures_frame, note
from dagster_project.checks.mart_rules import MARTS

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

#: The schemas whose tables are published.
PUBLISHED_SCHEMAS = ("marts", "activation")


def published_tables(connection: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, str]:
    """Give name -> schema of the tables in `catalog` that have rules and so may be published."""
    present = _tables(connection, catalog)
    return {mart: rules.layer for mart, rules in MARTS.items() if (rules.layer, mart) in present}


def table_suites(connection: duckdb.DuckDBPyConnection) -> list[Suite]:
    """Expect the published schemas to hold every table with rules, and none without."""
    (catalog,) = connection.execute("select current_database()").fetchall()[0]
    present = _tables(connection, catalog)
    wanted = {(rules.layer, mart) for mart, rules in MARTS.items()}
    suites = []
    for schema in PUBLISHED_SCHEMAS:
        orphans = [
            (kind, name)
            for (layer, name), kind in present.items()
            if layer == schema and (layer, name) not in wanted
        ]
        absent = [name for layer, name in sorted(wanted - present.keys()) if layer == schema]
        frame = measures_frame({"orphans": len(orphans), "absent": len(absent)})
        suites.append(Suite(schema, schema, frame, [_orphaned(schema, orphans), _absent(absent)]))
    return suites


def _orphaned(schema: str, orphans: list[tuple[str, str]]) -> "Expectation":
    statements = "; ".join(f"`drop {kind} {schema}.{name}`" for kind, name in orphans)
    meta = note(
        "no_unknown_tables",
        "tables that no check knows are",
        f"A renamed or removed model left them: {statements} in the warehouse. A new model needs"
        " its rules in mart_rules.py.",
        detail=", ".join(name for _, name in orphans),
    )
    return limited("orphans", meta, high=0)


def _absent(absent: list[str]) -> "Expectation":
    meta = note(
        "no_missing_tables",
        "tables that must be published and are not there are",
        "Build them with `icp run`; the rules of a removed model go from mart_rules.py with it.",
        detail=", ".join(absent),
    )
    return limited("absent", meta, high=0)


def _tables(connection: duckdb.DuckDBPyConnection, catalog: str) -> dict[tuple[str, str], str]:
    """Give (schema, name) -> `table` or `view` of the published schemas, in order of name."""
    rows = connection.execute(
        f"""
        select table_schema, table_name,
            case when table_type = 'VIEW' then 'view' else 'table' end
        from information_schema.tables
        where table_catalog = ? and table_schema in {PUBLISHED_SCHEMAS}
        order by table_schema, table_name
        """,
        [catalog],
    ).fetchall()
    return {(schema, name): kind for schema, name, kind in rows}
