"""The same models on Postgres and on DuckDB, from the same raw rows, give the same tables."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import duckdb
import pytest
from conftest import World
from engine_rows import table_difference, tables_of
from kpi_world import random_kpi_rows
from postgres_server import running_server

from dagster_project.resources.postgres import attach_server

#: Few models that between them touch dates, money, text and rejected rows.
SMOKE = ("+fct_mrr_product_movements", "+int_opportunities")


@pytest.fixture(scope="module")
def server() -> Iterator[None]:
    with running_server():
        yield


def copy_raw_world(world: World) -> None:
    """Copy what landing and the registry hold to the server, as if it had been landed there."""
    with duckdb.connect(":memory:") as connection:
        attach_server(connection, "server")
        connection.execute(f"attach '{world.settings.warehouse}' as world (read_only)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'world'"
            " and (schema_name like 'raw%' or schema_name in ('landing', 'icp_registry'))"
        ).fetchall()
        for schema in sorted({schema for schema, _ in tables}):
            connection.execute(f"create schema if not exists server.{schema}")
        for schema, name in tables:
            connection.execute(f"create table server.{schema}.{name} as from world.{schema}.{name}")


def differences(world: World, schemas: tuple[str, ...]) -> list[str]:
    """Say which tables differ between the world's DuckDB file and the server."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("set TimeZone = 'UTC'")
        attach_server(connection, "server", read_only=True)
        connection.execute(f"attach '{world.settings.warehouse}' as world (read_only)")
        found = [
            table_difference(connection, f"world.{schema}.{name}", f"server.{schema}.{name}")
            for schema in schemas
            for name in tables_of(connection, "world", schema)
        ]
    assert found
    return [difference for difference in found if difference]


def test_models_give_the_same_rows_on_postgres(
    server: None, make_world: Callable[..., World]
) -> None:
    world = make_world(random_kpi_rows(60, seed=5))
    world.build(*SMOKE)
    copy_raw_world(world)
    folder = world.settings.data_dir / "postgres"
    on_server = replace(world, settings=replace(world.settings, data_dir=folder, target="postgres"))
    on_server.build(*SMOKE)
    assert differences(world, ("marts",)) == []
