"""The days of another time zone: equal hours on the company's clocks give equal marts.

A world is built twice: as it is, with UTC days, and with every time moved to when the clocks of a
zone show what UTC showed. Only times may differ, and by just that. The zones lie half a day from
Greenwich on both sides, so a time that is cut to its UTC day is on another day in one of them.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import duckdb
import pytest
from complete_world import COMPLETE_REGISTRY, complete_rows
from conftest import World
from engine_rows import table_difference
from raw_world import DEFAULT_REGISTRY

pytestmark = pytest.mark.prove

Make = Callable[..., World]
#: They count rejected events by the day of receipt, which is the UTC day of their folder.
BY_RECEIPT = {"int_usage_rejected_events", "int_usage_rejected_rows", "rejected_rows"}
NAMES_THE_ZONE = {"int_metric_parameters"}


def _built(world: World, **variables: object) -> World:
    outcome = world.dbt("build", "--exclude-resource-type", "unit_test", **variables)
    assert outcome.success, [f"{node.name}: {node.message}" for node in outcome.failed]
    return world


def _moved(make_world: Make, zone: str, hours: int) -> World:
    company = [DEFAULT_REGISTRY["company"][0] | {"time_zone": zone}]
    world = make_world(complete_rows(), COMPLETE_REGISTRY | {"company": company})
    times = world.query(
        "select table_schema || '.' || table_name, column_name from information_schema.columns"
        " where data_type = 'TIMESTAMP' and table_schema like 'raw%'"
    )
    for table, column in times:
        world.execute(f"update {table} set {column} = {column} - interval ({hours}) hour")
    world.execute("update raw_product.events set dt = cast(received_at as date)")
    world.known_at -= timedelta(hours=hours)
    return _built(world, time_zone=zone)


@pytest.fixture(scope="module")
def greenwich(make_world: Make) -> World:
    return _built(make_world(complete_rows(), COMPLETE_REGISTRY))


@pytest.mark.parametrize(("zone", "hours"), [("Etc/GMT+12", -12), ("Etc/GMT-14", 14)])
def test_the_same_hours_elsewhere(
    make_world: Make, greenwich: World, zone: str, hours: int
) -> None:
    moved = _moved(make_world, zone, hours)
    tables = greenwich.query(
        "select table_schema, table_name from information_schema.tables"
        " where table_schema in ('intermediate', 'marts', 'activation')"
        " and table_type = 'BASE TABLE'"
    )
    assert len(tables) > 150
    with duckdb.connect() as connection:
        for name, world in (("utc", greenwich), ("moved", moved)):
            connection.execute(f"attach '{world.settings.warehouse}' as {name} (read_only)")
        found = {
            table: difference
            for schema, table in tables
            if table not in BY_RECEIPT | NAMES_THE_ZONE
            and (
                difference := table_difference(
                    connection,
                    f"utc.{schema}.{table}",
                    f"(select {_moved_back(connection, schema, table, hours)})",
                )
            )
        }
    assert found == {}


def _moved_back(connection: duckdb.DuckDBPyConnection, schema: str, table: str, hours: int) -> str:
    columns: list[tuple[Any, ...]] = connection.execute(
        f"describe moved.{schema}.{table}"
    ).fetchall()
    selected = [
        f"{name} + interval ({hours}) hour as {name}" if kind == "TIMESTAMP" else name
        for name, kind, *_ in columns
    ]
    return f"{', '.join(selected)} from moved.{schema}.{table}"
