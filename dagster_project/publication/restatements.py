"""Values that were published before and are published differently now, each with its cause.

A value is frozen in the state database when it is first published, and again when it changes; so
the state grows with months and changes, not with days. Each version holds the whole list, its own
restatements included, and the state takes those over once readers see the version.
"""

from datetime import datetime

import duckdb

from dagster_project.publication.basis import tables_of, write_basis, write_changes
from dagster_project.publication.frozen_values import write_values
from dagster_project.publication.restatement_sql import (
    COMPARED,
    DEFINITIONS,
    DRIFTED,
    EFFECTS,
    EVIDENCE,
    RESTATEMENTS,
)
from dagster_project.resources.settings import Settings
from dagster_project.resources.warehouse import attach_to_read

#: Largest relative change that is no restatement, where the parameters do not say.
_TOLERANCE, _FX_TOLERANCE = 0.001, 0.01
#: Smallest absolute change that is one: below a cent it is rounding.
_SMALLEST_MONEY, _SMALLEST = 0.005, 1e-9
#: Definitions that a parameter changes, by the beginning of the metric's name; else it is all.
_PARAMETER_METRICS = {
    "cac_lag_months": "cac",
    "csat_positive_from": "csat",
    "time_to_value_days": "time_to_value",
}


def write_restatements(
    connection: duckdb.DuckDBPyConnection, settings: Settings, version: str, restated_at: datetime
) -> None:
    """Write `published.restatements` and `publication_basis` of the version under construction.

    The candidate and the state are attached as `candidate` and `state_file`.
    """
    write_basis(connection, "candidate")
    write_changes(connection, "state_file")
    write_values(connection, "candidate", "marts")
    connection.execute(
        "create or replace table published.restatements as select * from state_file.restatements"
    )
    connection.execute(
        "create or replace table published.drifted_values as"
        " select * from state_file.drifted_values"
    )
    known_at = _last_known_at(connection)
    if known_at is None:
        return
    present = tables_of(connection, "candidate")
    _write_merged_segments(connection, settings)
    _write_money_schemes(connection, present)
    connection.execute(COMPARED.format(state="state_file", kinds=_kinds(present)))
    connection.execute(EVIDENCE.format(**_tolerances(connection, present)))
    connection.execute(DRIFTED)
    connection.execute(EFFECTS.format(metrics=_metrics_of_parameters()))
    connection.execute(DEFINITIONS)
    loaded = _rows_landed(connection, present, known_at)
    connection.execute(
        RESTATEMENTS,
        [restated_at, version, f"{loaded} rows landed since {known_at:%Y-%m-%d %H:%M} UTC"],
    )


def _last_known_at(connection: duckdb.DuckDBPyConnection) -> datetime | None:
    """Give what the version last frozen knew; None before the first."""
    rows = connection.execute(
        "select known_at from state_file.frozen_versions order by published_at desc limit 1"
    ).fetchall()
    return rows[0][0] if rows else None


def _kinds(present: set[str]) -> str:
    if "intermediate.int_kpi_metrics" not in present:
        return "select '' as metric_definition, '' as kind"
    return "select metric_definition, kind from candidate.intermediate.int_kpi_metrics"


def _tolerances(connection: duckdb.DuckDBPyConnection, present: set[str]) -> dict[str, float]:
    found = {
        "tolerance": _TOLERANCE,
        "fx_tolerance": _FX_TOLERANCE,
        "smallest_money": _SMALLEST_MONEY,
        "smallest": _SMALLEST,
    }
    if "icp_registry.metric_parameters" in present:
        rows = connection.execute(
            "select parameter, value_number from candidate.icp_registry.metric_parameters"
            " where parameter like 'restatement\\_%' escape '\\'"
        ).fetchall()
        found |= {name.removeprefix("restatement_"): value for name, value in rows}
    return found


def _metrics_of_parameters() -> str:
    cases = " ".join(
        f"when '{parameter}' then '{metrics}%'" for parameter, metrics in _PARAMETER_METRICS.items()
    )
    return (
        "case kind when 'support' then 'first_reply_open_minutes'"
        f" when 'parameter' then case item {cases} else '%' end else '%' end"
    )


def _write_merged_segments(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Write the segments, now and as published, of the accounts whose merge is new or undone."""
    connection.execute(
        """
        create or replace temp table merged_segments as
        select cast(null as varchar) as segment_scheme, cast(null as varchar) as segment
        where false
        """
    )
    _add_merged_segments(connection, "candidate", "marts")
    if settings.published.exists():
        attach_to_read(connection, settings.published, "previous")
        _add_merged_segments(connection, "previous", "published")
        connection.execute("detach previous")


def _add_merged_segments(connection: duckdb.DuckDBPyConnection, catalog: str, schema: str) -> None:
    if f"{schema}.bridge_account_segments" not in tables_of(connection, catalog):
        return
    connection.execute(
        f"""
        insert into merged_segments
        select segment_scheme, segment from {catalog}.{schema}.bridge_account_segments
        where account_id in (
            select value_before from basis_changes where kind = 'merge'
            union all
            select value_after from basis_changes where kind = 'merge'
            union all
            -- source:account
            select substr(item, strpos(item, ':') + 1) from basis_changes where kind = 'merge'
        )
        except
        select segment_scheme, segment from merged_segments
        """
    )


def _write_money_schemes(connection: duckdb.DuckDBPyConnection, present: set[str]) -> None:
    """Write the schemes whose segments are ranges of MRR: exchange rates decide who is in which."""
    found = "select cast(null as varchar) as segment_scheme where false"
    if "icp_registry.segment_rules" in present:
        found = (
            "select distinct segment_scheme from candidate.icp_registry.segment_rules"
            " where attribute = 'current_mrr'"
        )
    connection.execute(f"create or replace temp table money_schemes as {found}")


def _rows_landed(
    connection: duckdb.DuckDBPyConnection, present: set[str], known_at: datetime
) -> int:
    if "landing.loads" not in present:
        return 0
    return connection.execute(
        "select coalesce(sum(rows_inserted), 0) from candidate.landing.loads"
        " where status = 'loaded' and loaded_at > ?",
        [known_at],
    ).fetchall()[0][0]
