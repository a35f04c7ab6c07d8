"""Takes out what sources.yml no longer declares: a renamed source must not be counted twice."""

from collections.abc import Sequence
from datetime import datetime

import duckdb

from dagster_project.icp.entities import ENTITIES, EVENTS
from dagster_project.landing.ledger import LIVE_LOADS, load_id_of, record_load
from dagster_project.landing.plan import EntityPlan
from dagster_project.landing.results import FileLoad, LandingResult, RowCounts
from dagster_project.landing.supersession import held_rows

#: What `landing.loads` names in place of a file.
_FILE = "sources.yml"


def retire_undeclared(
    connection: duckdb.DuckDBPyConnection,
    plans: Sequence[EntityPlan],
    *,
    run_id: str,
    known_at: datetime,
) -> list[LandingResult]:
    """Supersede, as deleted, what was landed for each (source, entity) that has no plan any more.

    All of it in one transaction, with a load of status `retired` each. Rows that landing did not
    write (`kind: table`) are left alone; event files are retired where events are landed.
    """
    declared = {(plan.source, plan.entity.id) for plan in plans}
    landed = connection.execute(
        f"select distinct source, entity from ({LIVE_LOADS}) as live order by source, entity"
    ).fetchall()
    undeclared = [pair for pair in landed if pair not in declared and pair[1] in ENTITIES]
    connection.execute("begin transaction")
    try:
        results = [
            _retire(connection, EntityPlan(source, ENTITIES[entity], _FILE), run_id, known_at)
            for source, entity in undeclared
        ]
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    return results


def _retire(
    connection: duckdb.DuckDBPyConnection, plan: EntityPlan, run_id: str, known_at: datetime
) -> LandingResult:
    for table in ("unparsed_lines", "field_errors"):
        connection.execute(
            f"update landing.{table} set superseded_at = $known_at where superseded_at is null"
            " and source = $source and entity = $entity",
            {"known_at": known_at, "source": plan.source, "entity": plan.entity.id},
        )
    counts = RowCounts() if plan.entity is EVENTS else _supersede(connection, plan, known_at)
    load = FileLoad(
        _FILE,
        "retired",
        load_id=load_id_of(plan, _FILE, None, run_id=run_id, known_at=known_at),
        counts=counts,
        note=f"no longer declared as files in {_FILE}: {counts.deleted:,} rows were taken out",
    )
    record_load(connection, plan, load, run_id=run_id, known_at=known_at)
    return LandingResult(
        plan.source, plan.entity.id, (load,), held_rows=counts.after, totals=counts
    )


def _supersede(
    connection: duckdb.DuckDBPyConnection, plan: EntityPlan, known_at: datetime
) -> RowCounts:
    before = held_rows(connection, plan)
    connection.execute(
        f"""
        update {plan.entity.raw_table}
        set _superseded_at = $known_at, _superseded_reason = 'deleted'
        where _source = $source and _superseded_at is null and _load_id in (
            select load_id from landing.loads where source = $source and entity = $entity
        )
        """,
        {"known_at": known_at, "source": plan.source, "entity": plan.entity.id},
    )
    after = held_rows(connection, plan)
    return RowCounts(deleted=before - after, before=before, after=after)
