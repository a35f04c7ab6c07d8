"""What goes between the local warehouse file and the server of target `postgres`.

Python reads files, keeps its ledgers and judges with DuckDB, in the local file, on every target.
Here the landed rows are sent to the server, where dbt builds and tests; what it built is fetched
for the gate; and an audited version is shown to the readers of the server. On target `duckdb`
nothing is done.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from dagster_project.icp.entities import EVENTS
from dagster_project.landing.sql_text import literal
from dagster_project.resources.postgres import attach_server, run_on_server
from dagster_project.resources.settings import Settings
from dagster_project.resources.warehouse import attach_to_read, open_warehouse

#: What the gate and the publication read of the layers that are not published themselves.
READ_BY_PYTHON = (
    "int_account_survivors",
    "int_bridge_chains",
    "int_fx_rates",
    "int_kpi_metrics",
    "int_usage_changed_accounts",
)
_FETCHED = ("marts", "activation")
_SENT = "landing.sent_to_server"
_SENT_FILES = "landing.sent_event_files"


def send_landed(settings: Settings) -> None:
    """Bring the server's raw tables, ledger and registry up to the local ones, in one transaction.

    Tables that did not change are not sent, nor event files that are there already. A table that
    another tool made on the server is left alone as long as landing holds no rows for it.
    """
    if settings.target != "postgres":
        return
    with open_warehouse(settings) as connection:
        attach_server(connection, "server")
        _refuse_other_order(connection)
        with _transaction(connection):
            for schema in _local_schemas(connection):
                connection.execute(f"create schema if not exists server.{schema}")
            _prepare_ledgers(connection)
            _send_tables(connection)
            if _is_view(connection, EVENTS.raw_table):
                _send_events(connection)


def fetch_built(settings: Settings) -> None:
    """Replace the local copies of what dbt built on the server and the gate judges."""
    if settings.target != "postgres":
        return
    with open_warehouse(settings) as connection:
        attach_server(connection, "server", read_only=True)
        built = connection.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_catalog = 'server' and (table_schema in ('marts', 'activation')"
            " or table_schema = 'intermediate' and table_name in (select unnest(?)))",
            [list(READ_BY_PYTHON)],
        ).fetchall()
        with _transaction(connection):
            for schema in (*_FETCHED, "intermediate"):
                connection.execute(f"create schema if not exists {schema}")
            for schema, name in _local_built(connection):
                if (schema, name) not in built:
                    connection.execute(f"drop table {schema}.{name}")
            for schema, name in built:
                connection.execute(
                    f"create or replace table {schema}.{name} as from server.{schema}.{name}"
                )


def show_version(settings: Settings, version_file: Path) -> None:
    """Make schema `published` of the server hold this version, in one transaction.

    Rows are deleted and inserted, tables never truncated or made anew while their columns stay:
    readers are not blocked, and a query sees the old version or the new one in all tables.
    """
    if settings.target != "postgres":
        return
    with duckdb.connect(":memory:") as connection:
        connection.execute("set TimeZone = 'UTC'")
        attach_to_read(connection, version_file, "version_file")
        attach_server(connection, "server")
        with _transaction(connection):
            connection.execute("create schema if not exists server.published")
            held = _columns(connection, "server", "published")
            wanted = _columns(connection, "version_file", "published")
            for name in held.keys() - wanted.keys():
                connection.execute(f"drop table server.published.{name}")
            for name in sorted(wanted):
                _replace_rows(connection, f"published.{name}", held.get(name) == wanted[name])


def shown_version(settings: Settings) -> str | None:
    """Give the version that readers of the server see; None before the first, or without one."""
    if settings.target != "postgres":
        return None
    with duckdb.connect(":memory:") as connection:
        attach_server(connection, "server", read_only=True)
        if "publication" not in _columns(connection, "server", "published"):
            return None
        rows = connection.execute("select version from server.published.publication").fetchall()
    return rows[0][0] if rows else None


def is_shown(settings: Settings, version: str) -> bool:
    """Say whether a version that is published locally is what readers see, also on a server."""
    return settings.target != "postgres" or shown_version(settings) == version


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.execute("begin transaction")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _refuse_other_order(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse a database that does not order text by its bytes: ties would be broken otherwise."""
    query = "select 'B' < 'a' and 'a-b' < 'aa'"
    rows = connection.execute("select * from postgres_query('server', ?)", [query]).fetchall()
    if not rows[0][0]:
        raise RuntimeError(
            "The Postgres database orders text by a language, so equal data could give other rows"
            " than elsewhere. Make one that does not: create database icp template template0"
            " encoding 'UTF8' locale 'C'; then name it in ICP_POSTGRES_DSN."
        )


def _replace_rows(
    connection: duckdb.DuckDBPyConnection, table: str, is_alike: bool, catalog: str = "version_file"
) -> None:
    """Give the server's table the rows of the local one of the same name."""
    if is_alike:
        run_on_server(connection, f"delete from {table}")
        connection.execute(f"insert into server.{table} from {catalog}.{table}")
        return
    connection.execute(f"drop table if exists server.{table}")
    connection.execute(f"create table server.{table} as from {catalog}.{table}")


def _local_schemas(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select distinct schema_name from duckdb_schemas() where database_name = current_database()"
        " and (schema_name like 'raw%' or schema_name in ('landing', 'icp_registry'))"
    ).fetchall()
    return sorted(schema for (schema,) in rows)


def _local_built(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return connection.execute(
        "select schema_name, table_name from duckdb_tables()"
        " where database_name = current_database()"
        " and schema_name in ('marts', 'activation', 'intermediate')"
    ).fetchall()


def _is_view(connection: duckdb.DuckDBPyConnection, relation: str) -> bool:
    schema, name = relation.split(".")
    return bool(
        connection.execute(
            "select 1 from duckdb_views() where database_name = current_database()"
            " and schema_name = ? and view_name = ?",
            [schema, name],
        ).fetchall()
    )


def _columns(
    connection: duckdb.DuckDBPyConnection, catalog: str, schema: str
) -> dict[str, list[tuple[str, str]]]:
    """Give table -> its columns and their types, in order."""
    columns: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, data_type from information_schema.columns"
        " where table_catalog = ? and table_schema = ? order by table_name, ordinal_position",
        [catalog, schema],
    ).fetchall():
        columns.setdefault(table, []).append((column, kind))
    return columns


def _prepare_ledgers(connection: duckdb.DuckDBPyConnection) -> None:
    """Make what remembers, beside the rows themselves, what was sent."""
    run_on_server(
        connection,
        f"create table if not exists {_SENT} (relation varchar primary key, fingerprint varchar)",
    )
    run_on_server(
        connection,
        f"create table if not exists {_SENT_FILES} (source varchar, file varchar,"
        " fingerprint varchar)",
    )


def _send_tables(connection: duckdb.DuckDBPyConnection) -> None:
    (catalog,) = connection.execute("select current_database()").fetchall()[0]
    sent = dict(connection.execute(f"select relation, fingerprint from server.{_SENT}").fetchall())
    for schema in _local_schemas(connection):
        held = _columns(connection, "server", schema)
        for name, columns in _columns(connection, catalog, schema).items():
            if not _is_view(connection, f"{schema}.{name}"):
                relation = f"{schema}.{name}"
                _send_table(connection, relation, columns, held.get(name), sent.get(relation))


def _send_table(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    wanted: list[tuple[str, str]],
    held: list[tuple[str, str]] | None,
    sent: str | None,
) -> None:
    """Send one table unless the server has its rows: `held` are its columns, `sent` its hash."""
    (catalog,) = connection.execute("select current_database()").fetchall()[0]
    names = ", ".join(column for column, _ in wanted)
    count, digest = connection.execute(
        f"select count(*), sum(cast(hash({names}) as hugeint)) from {relation}"
    ).fetchall()[0]
    fingerprint = f"{count}-{digest}-{names}"
    if held is not None and (sent == fingerprint or (sent is None and count == 0)):
        return
    if held is not None and held != wanted:
        # views of the staging layer hang on it; the build that follows makes them again
        connection.execute(f"drop table server.{relation} cascade")
        held = None
    _replace_rows(connection, relation, held == wanted, catalog)
    run_on_server(connection, f"analyze {relation}")
    run_on_server(connection, f"delete from {_SENT} where relation = '{relation}'")
    connection.execute(f"insert into server.{_SENT} values (?, ?)", [relation, fingerprint])


def _send_events(connection: duckdb.DuckDBPyConnection) -> None:
    """Send event files that are new and forget those that are gone: a server reads no Parquet."""
    schema, name = EVENTS.raw_table.split(".")
    (catalog,) = connection.execute("select current_database()").fetchall()[0]
    if _columns(connection, catalog, schema)[name] != _columns(connection, "server", schema).get(
        name
    ):
        connection.execute(f"drop table if exists server.{EVENTS.raw_table} cascade")
        run_on_server(connection, f"delete from {_SENT_FILES}")
        connection.execute(
            f"create table server.{EVENTS.raw_table} as from {EVENTS.raw_table} limit 0"
        )
        run_on_server(connection, f"create index events_by_dt on {EVENTS.raw_table} (dt)")
    current = (
        "select source, file, fingerprint from landing.event_files where superseded_at is null"
    )
    sent = f"select source, file, fingerprint from server.{_SENT_FILES}"
    gone = connection.execute(f"{sent} except {current}").fetchall()
    if gone:
        files = ", ".join(f"({literal(source)}, {literal(file)})" for source, file, _ in gone)
        for table, columns in ((EVENTS.raw_table, "_source, _file"), (_SENT_FILES, "source, file")):
            run_on_server(connection, f"delete from {table} where ({columns}) in ({files})")
    connection.execute(f"create or replace temp table files_to_send as {current} except {sent}")
    connection.execute(
        f"""
        insert into server.{EVENTS.raw_table}
        select events.* from {EVENTS.raw_table} as events
        semi join files_to_send as files
            on events._source = files.source and events._file = files.file
        """
    )
    connection.execute(f"insert into server.{_SENT_FILES} from files_to_send")
    run_on_server(connection, f"analyze {EVENTS.raw_table}")
