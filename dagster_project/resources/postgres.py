"""The server of target `postgres`: where it is, said to dbt, to DuckDB and to libpq alike.

The connection comes from the environment only. DuckDB stays the engine that reads files; it reaches
the server as an attached catalogue.
"""

import os
from collections.abc import Mapping

import duckdb

#: libpq's own variables, which dbt's profile reads too.
VARIABLES: Mapping[str, str] = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
}
#: How our sessions plan. The queries read whole tables without an index and join on several columns
#: at once: Postgres expects next to no rows of that, and the nested loop or the merge it then takes
#: runs for minutes where a hash takes a second. Other users of the server are not touched.
PLANNING = "-c enable_nestloop=off -c enable_mergejoin=off -c work_mem=64MB -c jit=off"
_EXTRA = "Install what it needs: pip install 'icp-pipeline[postgres]'."


def export_connection() -> None:
    """Spell ICP_POSTGRES_DSN out as the PG* variables, for this process and those it starts.

    Without it the PG* variables stand as they are. Nothing is printed: a DSN may hold a password.
    """
    # a pooler that refuses options is given another value, or an empty one, by whoever starts us
    os.environ.setdefault("PGOPTIONS", PLANNING)
    dsn = os.environ.get("ICP_POSTGRES_DSN")
    if not dsn:
        return
    try:
        from psycopg2.extensions import parse_dsn
    except ImportError as error:
        raise RuntimeError(f"Target postgres: psycopg2 is missing. {_EXTRA}") from error
    given = parse_dsn(dsn)
    os.environ.update({name: given[key] for key, name in VARIABLES.items() if given.get(key)})


def attach_server(
    connection: duckdb.DuckDBPyConnection, catalog: str, *, read_only: bool = False
) -> None:
    """Attach the server to a DuckDB connection as `catalog`; libpq reads the PG* variables."""
    export_connection()
    try:
        from duckdb_extensions import import_extension
    except ImportError as error:
        raise RuntimeError(f"Target postgres: DuckDB's extension is missing. {_EXTRA}") from error
    import_extension("postgres", con=connection)
    connection.execute("load postgres")
    mode = ", read_only" if read_only else ""
    connection.execute(f"attach '' as {catalog} (type postgres{mode})")


def run_on_server(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    """Run a statement on the attached `server` as it is, in the transaction of the connection.

    Deletes and updates have to go this way: through the attachment they need row ids, which
    DuckDB's extension gives as null on Postgres 18, and then change nothing without a word.
    """
    connection.execute("call postgres_execute('server', ?)", [statement])
