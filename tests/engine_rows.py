"""Compares the tables that two engines built from the same input, row by row.

Doubles may differ by 1e-9 of their size, money (decimals) not by a cent, all else not at all.
"""

import duckdb

#: The schemas whose tables two engines must agree on.
COMPARED_SCHEMAS = ("intermediate", "marts", "activation", "snapshots")


def tables_of(connection: duckdb.DuckDBPyConnection, catalog: str, schema: str) -> list[str]:
    """Give the tables (no views) of one schema of an attached database, in order."""
    rows = connection.execute(
        "select table_name from duckdb_tables() where database_name = ? and schema_name = ?"
        " order by table_name",
        [catalog, schema],
    ).fetchall()
    return [name for (name,) in rows]


def table_difference(connection: duckdb.DuckDBPyConnection, left: str, right: str) -> str | None:
    """Say how two tables differ; None when they hold the same columns and rows."""
    connection.execute(f"create or replace temp table left_rows as select * from {left}")
    connection.execute(f"create or replace temp table right_rows as select * from {right}")
    columns = _columns(connection, "left_rows")
    if list(columns) != list(_columns(connection, "right_rows")):
        return f"{left}: other columns"
    # dbt's own columns of a snapshot hold random keys
    names = [name for name in columns if not name.startswith("dbt_")]
    numbers = [name for name in names if columns[name].startswith(("DOUBLE", "DECIMAL"))]
    exact = [name for name in names if name not in numbers]
    for side in ("left", "right"):
        connection.execute(_numbered(side, exact, numbers))
    same_key = " and ".join(
        [f"l.{name} is not distinct from r.{name}" for name in exact]
        + ["l.row_position = r.row_position"]
    )
    close = " and ".join(_is_close(name, columns[name]) for name in numbers) or "true"
    only, apart = connection.execute(
        f"""
        select count(case when l.row_position is null or r.row_position is null then 1 end),
            count(case when l.row_position is not null and r.row_position is not null
                and not ({close}) then 1 end)
        from left_numbered as l full join right_numbered as r on {same_key}
        """
    ).fetchall()[0]
    if not only and not apart:
        return None
    return f"{left}: {only} rows on one side only, {apart} rows with other numbers"


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(f"describe {table}").fetchall()}


def _numbered(side: str, exact: list[str], numbers: list[str]) -> str:
    """Give rows numbered among those that are alike in everything but their numbers."""
    selected = [f"cast({name} as varchar) as {name}" for name in exact]
    selected += [f"cast({name} as double) as {name}" for name in numbers]
    order = ", ".join(f"round(cast({name} as double), 6)" for name in numbers) or "1"
    return (
        f"create or replace temp table {side}_numbered as select {', '.join(selected)},"
        f" row_number() over (partition by {', '.join(exact) or '1'} order by {order})"
        f" as row_position from {side}_rows"
    )


def _is_close(name: str, kind: str) -> str:
    # doubles hold cents with errors of their own, far below half of one
    bound = "0.005" if kind.endswith(",2)") else f"1e-9 * greatest(1, abs(l.{name}))"
    is_near = f"abs(l.{name} - r.{name}) <= {bound}"
    # a number beside a null is another number
    return f"(l.{name} is not distinct from r.{name} or coalesce({is_near}, false))"
