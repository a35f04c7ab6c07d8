"""The difference between desired state and CRM mirror, in SQL over one relation.

Nothing here opens a file or decides whether a plan is safe.
"""

from collections.abc import Sequence
from typing import Any

import duckdb

from dagster_project.activation.guards import Unknown

#: Half of the last published digit of a score: 72.0, 72 and 72.04 are the same score.
TOLERANCE = 0.05

KINDS = ("added", "changed", "unchanged", "cleared")

_NUMERIC = ("DOUBLE", "FLOAT", "DECIMAL", "BIGINT", "INTEGER", "HUGEINT", "SMALLINT", "TINYINT")


def mirror_of(field: str) -> str:
    """Give the column that holds what the CRM has in `field`."""
    return f"crm_{field}"


def is_numeric(column_type: str) -> bool:
    """Say whether a DuckDB column type is compared as a number."""
    return column_type.upper().startswith(_NUMERIC)


def compare(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    fields: Sequence[str],
    types: dict[str, str],
) -> None:
    """Make temporary table `comparison`: one row per record and field, as `comparison_sql`."""
    sql = comparison_sql(relation, fields, types)
    connection.execute(f"create temp table comparison as {sql}")


def comparison_sql(relation: str, fields: Sequence[str], types: dict[str, str]) -> str:
    """Give SQL with one row per record and field, classified.

    Columns: source_system, crm_record_id, field, kind (added | changed | unchanged | cleared),
    before, after; the last two are text. `cleared` means that we have no value and the CRM has.
    Names of fields must have been checked against the allow-list: they go into the SQL as they are.
    """
    return "\nunion all\n".join(
        _field_sql(relation, field, is_numeric(types[field])) for field in fields
    )


def _field_sql(relation: str, field: str, numeric: bool) -> str:
    held = f"nullif(trim(cast({mirror_of(field)} as varchar)), '')"
    wanted = f"nullif(trim(cast({field} as varchar)), '')"
    same = f"{wanted} = {held}"
    if numeric:
        # a CRM text that is no number differs from every number, so it is overwritten
        same = (
            f"coalesce(abs({field} - try_cast({mirror_of(field)} as double)) < {TOLERANCE}, false)"
        )
    return f"""
    select
        source_system,
        crm_record_id,
        '{field}' as field,
        case
            when {wanted} is null and {held} is null then 'unchanged'
            when {wanted} is null then 'cleared'
            when {held} is null then 'added'
            when {same} then 'unchanged'
            else 'changed'
        end as kind,
        {held} as before,
        {wanted} as after
    from {relation}"""


def field_counts(
    connection: duckdb.DuckDBPyConnection, fields: Sequence[str]
) -> dict[str, dict[str, int]]:
    """Count by field and kind; every kind is there, zeros too."""
    counts = {field: dict.fromkeys(KINDS, 0) for field in fields}
    rows = connection.execute(
        "select field, kind, count(*) from comparison group by field, kind"
    ).fetchall()
    for field, kind, number in rows:
        counts[field][kind] = number
    return counts


def record_counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Count records by the kind that SyncPlan describes; every kind is there."""
    rows = connection.execute("""
        with records as (
            select
                count(before) as held_count,
                count(*) filter (where kind in ('added', 'changed')) as written_count,
                count(*) filter (where kind = 'cleared') as cleared_count
            from comparison
            group by source_system, crm_record_id
        )
        select
            case
                when written_count > 0 and held_count = 0 then 'added'
                when written_count > 0 then 'changed'
                when cleared_count > 0 then 'cleared'
                else 'unchanged'
            end,
            count(*)
        from records
        group by 1
    """).fetchall()
    return dict.fromkeys(KINDS, 0) | dict(rows)


def gather(
    connection: duckdb.DuckDBPyConnection, relation: str, has_mirror_flag: bool
) -> dict[str, Any]:
    """Count what the guards judge, by the names of `guards.Facts`; `compare` must have run."""
    overwritten, holding, cleared, held = _row(
        connection,
        """select
            count(distinct (source_system, crm_record_id)) filter (where kind = 'changed'),
            count(distinct (source_system, crm_record_id)) filter (where before is not null),
            count(*) filter (where kind = 'cleared'),
            count(before)
        from comparison""",
    )
    records, distinct_ids = _row(
        connection,
        f"""select
            count(*),
            count(distinct (source_system, crm_record_id)) filter (where crm_record_id is not null)
        from {relation}""",
    )
    unknown: int | Unknown = Unknown(f"{relation} has no column crm_is_known")
    if has_mirror_flag:
        where = "not coalesce(crm_is_known, false)"
        (unknown,) = _row(connection, f"select count(*) from {relation} where {where}")
    return {
        "records": records,
        "overwritten_records": overwritten,
        "holding_records": holding,
        "cleared_fields": cleared,
        "held_fields": held,
        "duplicate_ids": records - distinct_ids,
        "unknown_ids": unknown,
    }


def _row(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    return connection.execute(sql).fetchone() or ()
