"""The raw edge as asset checks: one blocking check per entity, before dbt builds on it."""

from collections import defaultdict
from collections.abc import Iterator

import dagster as dg

from dagster_project.assets.check_results import summed
from dagster_project.checks.profile_history import read_baseline
from dagster_project.checks.raw_suites import check_raw_edge
from dagster_project.checks.results import CheckResult, blocking, stamped, write_results
from dagster_project.icp.entities import ENTITIES
from dagster_project.publication.run_status import record_failure
from dagster_project.resources.run_context import PipelineRun
from dagster_project.resources.stopwatch import timed
from dagster_project.resources.warehouse import open_warehouse

CHECK = "raw_edge"

_SPECS = [
    dg.AssetCheckSpec(
        CHECK,
        asset=[entity.raw_schema, entity.name],
        blocking=True,
        description="Great Expectations on what was landed: volume, keys, types, freshness.",
    )
    for entity in ENTITIES.values()
]
_SPECS.append(
    dg.AssetCheckSpec(
        CHECK,
        asset=["landing", "loads"],
        blocking=True,
        description="Each source as a whole: freshness where it is declared.",
    )
)


@dg.multi_asset_check(specs=_SPECS, name="raw_edge")
def raw_edge(
    context: dg.AssetCheckExecutionContext, pipeline: PipelineRun
) -> Iterator[dg.AssetCheckResult]:
    """Judge every landed entity; an error stops the run before dbt starts."""
    settings, run_id = pipeline.settings, context.run.run_id
    with (
        pipeline.step(context, "raw edge"),
        open_warehouse(settings) as connection,
        timed(settings, run_id, "raw edge"),
    ):
        baseline = read_baseline(connection, settings)
        found = check_raw_edge(
            connection, baseline, run_id=run_id, known_at=pipeline.known_at(context)
        )
        results = stamped(found, run_id)
        write_results(connection, results, layers=["raw"])
    stopped = blocking(results)
    if stopped:
        record_failure(settings, run_id, f"{len(stopped)} checks of the raw edge failed", stopped)
    by_relation: dict[str, list[CheckResult]] = defaultdict(list)
    for result in results:
        by_relation[result.relation].append(result)
    for entity in ENTITIES.values():
        key = [entity.raw_schema, entity.name]
        yield summed(key, CHECK, by_relation.pop(entity.raw_table, []))
    rest = [result for group in by_relation.values() for result in group]
    yield summed(["landing", "loads"], CHECK, rest)
