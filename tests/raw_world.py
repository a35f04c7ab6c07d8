"""Builds a small warehouse from hand-made rows, so that a test can run dbt on exactly its case.

It plays landing and the registry: their tables all exist, most of them empty.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.icp.entities import ENTITIES, EVENTS, META_COLUMNS
from dagster_project.icp.registry_tables import REGISTRY_TABLES
from dagster_project.icp.registry_tables import ddl_statements as registry_ddl
from dagster_project.landing.tables import SQL_TYPES
from dagster_project.landing.tables import ddl_statements as landing_ddl

Row = Mapping[str, Any]
KNOWN_AT = datetime(2030, 7, 1, 6, 0, 0)  # noqa: DTZ001 - naive UTC, as everywhere in the warehouse

_PRODUCT = {"gross_margin": 0.8, "clock_start": "signup"}
DEFAULT_REGISTRY: dict[str, list[dict[str, Any]]] = {
    "company": [
        {
            "company_name": "Example Tools",
            "reporting_currency": "USD",
            "fiscal_year_start_month": 1,
            "time_zone": "UTC",
            "customer_level": "account",
        }
    ],
    "products": [
        {
            "product_id": name,
            "product_name": name.title(),
            "value_event": f"{name}_report_shared",
            "active_event": f"{name}_opened",
            **_PRODUCT,
        }
        for name in ("atlas", "beacon")
    ],
    "free_mail_domains": [{"domain": "gmail.com"}, {"domain": "outlook.com"}],
    "segment_schemes": [
        {"segment_scheme": "industry", "scheme_kind": "firmographic"},
        {"segment_scheme": "size", "scheme_kind": "firmographic"},
    ],
    "segment_rules": [
        {
            "segment_scheme": "industry",
            "segment": segment,
            "segment_label": segment.title(),
            "attribute": "industry",
            "operator": "in",
            "value_text": segment,
            "sort_order": position,
        }
        for position, segment in enumerate(("software", "retail"), start=1)
    ]
    + [
        {
            "segment_scheme": "size",
            "segment": segment,
            "segment_label": segment.title(),
            "attribute": "employees",
            "operator": "between",
            "value_low": low,
            "value_high": high,
            "sort_order": position,
        }
        for position, (segment, low, high) in enumerate(
            (("small", None, 100), ("large", 100, None)), start=1
        )
    ],
}


def build_raw_world(
    path: Path,
    rows: Mapping[str, Sequence[Row]],
    registry: Mapping[str, Sequence[Row]] | None = None,
    known_at: datetime = KNOWN_AT,
    ledger: Mapping[str, Sequence[Row]] | None = None,
) -> Path:
    """Write a new warehouse file with `rows` of entities ("crm.accounts") and of the registry.

    A registry table that is not given has the default rows. Rows are loaded a day before
    `known_at` from source `sample`, unless they say otherwise (`_source`, `_file`, ...).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        create_empty_world(connection)
        add_rows(connection, rows, known_at)
        for table, content in {**DEFAULT_REGISTRY, **(registry or {})}.items():
            if table not in REGISTRY_TABLES:
                raise KeyError(f"icp_registry.{table} does not exist")
            _insert(connection, f"icp_registry.{table}", content)
        for table, content in (ledger or {}).items():
            _insert(connection, f"landing.{table}", content)
    return path


def create_empty_world(connection: duckdb.DuckDBPyConnection) -> None:
    """Create every raw, landing and registry table, without rows."""
    for statement in (*landing_ddl(), *registry_ddl()):
        connection.execute(statement)
    columns = {column.name: SQL_TYPES[column.type] for column in EVENTS.columns}
    body = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    connection.execute(
        f"create table raw_product.events ({body}, dt date, _source varchar, _file varchar)"
    )


def add_rows(
    connection: duckdb.DuckDBPyConnection,
    rows: Mapping[str, Sequence[Row]],
    known_at: datetime = KNOWN_AT,
) -> None:
    """Append rows to raw tables, as a later load would."""
    for entity_id, content in rows.items():
        entity = ENTITIES[entity_id]
        if entity is EVENTS:
            _insert(connection, entity.raw_table, [_event(row) for row in content])
            continue
        first = connection.execute(f"select count(*) from {entity.raw_table}").fetchone()[0] + 1
        landed = [
            _landed(row, entity_id, number, known_at)
            for number, row in enumerate(content, start=first)
        ]
        _insert(connection, entity.raw_table, landed)


def _landed(row: Row, entity_id: str, number: int, known_at: datetime) -> dict[str, Any]:
    meta = {
        "_source": "sample",
        "_file": f"{entity_id.replace('.', '/')}.csv",
        "_row": number,
        "_load_id": "load-1",
        "_loaded_at": known_at - timedelta(days=1),
        "_row_hash": f"{entity_id}-{number}",
    }
    unknown = set(row) - {c.name for c in ENTITIES[entity_id].columns} - set(META_COLUMNS)
    if unknown:
        raise KeyError(f"{entity_id} has no column {sorted(unknown)}")
    return {**meta, **row}


def _event(row: Row) -> dict[str, Any]:
    received = row.get("received_at", row.get("occurred_at"))
    day = received[:10] if isinstance(received, str) else received
    defaults = {"received_at": received, "dt": day, "_source": "sample", "_file": f"dt={day}"}
    return {**defaults, **row}


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row]) -> None:
    for row in rows:
        names = ", ".join(row)
        marks = ", ".join("?" for _ in row)
        connection.execute(
            f"insert into {table} ({names}) values ({marks})",  # noqa: S608 - names are ours
            [value.isoformat() if isinstance(value, date) else value for value in row.values()],
        )
