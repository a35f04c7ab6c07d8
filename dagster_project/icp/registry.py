"""Writes checked definitions to `icp_registry`, where SQL joins them.

`icp_versions` only ever grows; every other table is replaced whole. `previous_tiers` belongs to
the scoring step and is not touched.
"""

from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from dagster_project.icp.loading import Definitions, OwnedIcp
from dagster_project.icp.registry_rows import (
    Row,
    company_rows,
    icp_rows,
    product_rows,
    tolerance_rows,
)
from dagster_project.icp.registry_tables import ddl_statements
from dagster_project.icp.versions import icp_version, normalised_body
from dagster_project.resources.warehouse import insert_rows

_CURRENT = "select icp_id, icp_version, valid_from from icp_registry.icp_versions where is_current"
_CLOSE = """
    update icp_registry.icp_versions set valid_to = ?, is_current = false
    where icp_id = ? and is_current"""


class RegistryError(Exception):
    """The registry cannot take these definitions as the current ones."""


@dataclass(frozen=True)
class RegistrySummary:
    """What one write did. `*_icps` hold icp_ids; `rows` counts the rows of each
    table that was replaced."""

    added_icps: tuple[str, ...]
    changed_icps: tuple[str, ...]
    removed_icps: tuple[str, ...]
    unchanged_icps: tuple[str, ...]
    rows: dict[str, int]


def write_registry(
    connection: duckdb.DuckDBPyConnection,
    definitions: Definitions,
    *,
    known_at: datetime,
    approved_by: str | None,
) -> RegistrySummary:
    """Write every registry table in one transaction; make the schema and tables if need be.

    `known_at` (naive UTC) opens new versions and closes those that changed or went away.
    `approved_by` is stored on new versions only. Raises RegistryError when an ICP changed but
    `known_at` lies before the version that it would close, and when another company's data are
    held; then nothing was written.
    """
    connection.begin()
    try:
        for statement in ddl_statements():
            connection.execute(statement)
        _refuse_another_company(connection, definitions)
        summary = _write_versions(connection, definitions, known_at, approved_by)
        tables = (
            company_rows(definitions)
            | product_rows(definitions)
            | icp_rows(definitions)
            | {"tolerances": tolerance_rows(definitions.sources)}
        )
        for table, rows in tables.items():
            connection.execute(f"delete from icp_registry.{table}")
            insert_rows(connection, f"icp_registry.{table}", rows)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    return replace(summary, rows={table: len(rows) for table, rows in tables.items()})


def _refuse_another_company(
    connection: duckdb.DuckDBPyConnection, definitions: Definitions
) -> None:
    """Raise RegistryError where a company of another name holds data, all from other sources.

    Landing would take those rows out. A company or a source alone may be named anew.
    """
    held = connection.execute("select company_name from icp_registry.company").fetchall()
    name = definitions.company.name
    if not held or held[0][0] == name or not _has_loads(connection):
        return
    found = connection.execute("select distinct source from landing.loads order by 1").fetchall()
    landed = [source for (source,) in found]
    declared = {source.name for source in definitions.sources.sources}
    if landed and declared.isdisjoint(landed):
        raise RegistryError(
            f"this data folder holds {held[0][0]} (sources {', '.join(landed)}); the definitions"
            f" are those of {name}, which declares none of these. Set ICP_DATA_DIR to a folder of"
            f" its own, or delete this one if {held[0][0]} is no longer wanted."
        )


def _has_loads(connection: duckdb.DuckDBPyConnection) -> bool:
    query = (
        "select 1 from duckdb_tables() where schema_name = 'landing' and table_name = 'loads'"
        " and database_name = current_database()"
    )
    return bool(connection.execute(query).fetchall())


def _write_versions(
    connection: duckdb.DuckDBPyConnection,
    definitions: Definitions,
    known_at: datetime,
    approved_by: str | None,
) -> RegistrySummary:
    held = {
        icp_id: (version, valid_from)
        for icp_id, version, valid_from in connection.execute(_CURRENT).fetchall()
    }
    wanted = {owned.icp.icp_id: owned for owned in definitions.icps()}
    unchanged = [key for key in wanted if key in held and held[key][0] == icp_version(wanted[key])]
    changed = [key for key in wanted if key in held and key not in unchanged]
    removed = [key for key in held if key not in wanted]
    for icp_id in (*changed, *removed):
        if held[icp_id][1] > known_at:
            raise RegistryError(
                f"the ICP {icp_id} changed, but its current version is known since "
                f"{held[icp_id][1]}, after this run's known_at {known_at}. Run without an earlier "
                "known_at, or use another data folder for a run as of an old date."
            )
        connection.execute(_CLOSE, [known_at, icp_id])
    added = [key for key in wanted if key not in held]
    rows = [
        _version_row(owned, known_at, approved_by)
        for icp_id, owned in wanted.items()
        if icp_id in added or icp_id in changed
    ]
    insert_rows(connection, "icp_registry.icp_versions", rows)
    return RegistrySummary(tuple(added), tuple(changed), tuple(removed), tuple(unchanged), {})


def _version_row(owned: OwnedIcp, known_at: datetime, approved_by: str | None) -> Row:
    icp = owned.icp
    return (
        icp.icp_id,
        icp_version(owned),
        owned.scope,
        owned.product_id,
        icp.name,
        icp.status,
        icp.owner,
        icp.gtm_motion,
        icp.review_cadence_days,
        icp.max_points,
        icp.match_points,
        icp.tier_margin,
        icp.min_completeness,
        icp.smallest_effect,
        normalised_body(owned),
        approved_by,
        known_at,
        None,
        True,
    )
