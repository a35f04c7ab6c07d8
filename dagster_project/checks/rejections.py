"""The share of each source's rows that dbt rejected, judged after the build that rejected them."""

import duckdb

from dagster_project.checks.expectations import Suite, limited, measures_frame, note, run_suites
from dagster_project.checks.raw_rules import SOURCES_FILE
from dagster_project.checks.results import CheckResult, unevaluated
from dagster_project.checks.tolerances import read_tolerances
from dagster_project.icp.entities import ENTITIES

# duplicates have a tolerance of their own, judged at the raw edge
_REJECTED = """
    select source_system, entity, sum(row_count) as rejected, min(rule) as rule
    from marts.rejected_rows
    where disposition = 'rejected' and rule not like 'duplicate%'
    group by source_system, entity
"""


def check_rejections(connection: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """Judge `rejected_rate` of every source and entity that lost rows.

    The share is of the rows currently held; an entity without a single rejected row gives none.
    """
    declared = read_tolerances(connection)
    try:
        rows = connection.execute(_REJECTED).fetchall()
    except duckdb.Error as error:
        return [unevaluated("rejected_rate", "staging", "marts.rejected_rows", str(error))]
    suites = []
    for source, entity_id, rejected, rule in rows:
        if entity_id not in ENTITIES:
            continue
        total = max(_rows_held(connection, source, entity_id), int(rejected))
        remedy = (
            f"Query rejected_rows where entity = '{entity_id}' for the rules they broke;"
            f" rejected_rate in its tolerances in {SOURCES_FILE} is the share allowed."
        )
        meta = note(
            f"rejected_rate__{source}",
            f"source {source}: share of rows rejected is",
            remedy,
            detail=f"{int(rejected):,} of {total:,} rows, e.g. {rule}",
        )
        limit = declared.of(source, entity_id, "rejected_rate")
        frame = measures_frame({"rejected_rate": int(rejected) / total})
        relation = ENTITIES[entity_id].raw_table
        suites.append(
            Suite("staging", relation, frame, [limited("rejected_rate", meta, high=limit)])
        )
    return run_suites(suites)


def _rows_held(connection: duckdb.DuckDBPyConnection, source: str, entity_id: str) -> int:
    if entity_id == "product.events":
        query = (
            "select coalesce(sum(event_rows), 0) from landing.event_files"
            " where source = ? and superseded_at is null"
        )
    else:
        query = (
            f"select count(*) from {ENTITIES[entity_id].raw_table}"
            " where _source = ? and _superseded_at is null"
        )
    return int(connection.execute(query, [source]).fetchall()[0][0])
