"""Source files as assets: one per canonical entity, keyed like its raw table.

All entities are always there; one that `sources.yml` does not name is an empty table.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import dagster as dg

from dagster_project.icp.entities import ENTITIES, EVENTS, Entity
from dagster_project.icp.loading import load_definitions
from dagster_project.landing.plan import plans
from dagster_project.landing.results import LandingError, LandingResult
from dagster_project.resources.landing_duckdb import DuckDBLanding
from dagster_project.resources.progress import progress
from dagster_project.resources.run_context import PipelineRun
from dagster_project.resources.stopwatch import timed
from dagster_project.resources.warehouse import memory_limit
from dagster_project.resources.warm_up import GATE_IMPORT, load_in_background

LEDGER = ("loads", "unparsed_lines", "field_errors", "event_files", "event_file_days")


def _spec(entity: Entity, freshness: dg.FreshnessPolicy | None) -> dg.AssetSpec:
    return dg.AssetSpec(
        [entity.raw_schema, entity.name],
        deps=[["icp_registry", "tolerances"]],
        group_name=entity.raw_schema,
        kinds={"parquet" if entity is EVENTS else "duckdb", "file"},
        owners=["team:data_team"],
        description=f"{entity.id} as landed, key {', '.join(entity.key)}; old versions are kept.",
        freshness_policy=freshness,
        skippable=False,
    )


def landing_assets(freshness: dict[str, dg.FreshnessPolicy]) -> dg.AssetsDefinition:
    """Give the landing assets; `freshness` maps entity ids to the policy of their source."""
    specs = [_spec(entity, freshness.get(entity.id)) for entity in ENTITIES.values()]
    ledger = [
        dg.AssetSpec(
            ["landing", table],
            deps=[["icp_registry", "tolerances"]],
            group_name="landing",
            kinds={"duckdb"},
            owners=["team:data_team"],
            description="The ledger of what landing read, kept and could not read.",
        )
        for table in LEDGER
    ]

    @dg.multi_asset(specs=[*specs, *ledger], name="landing")
    def landing(
        context: dg.AssetExecutionContext, pipeline: PipelineRun
    ) -> Iterator[dg.MaterializeResult]:
        """Land every declared entity; all are tried before a failure ends the run."""
        load_in_background(GATE_IMPORT)
        with pipeline.step(context, "landing"):
            results = _land_all(context, pipeline)
        for entity in ENTITIES.values():
            yield dg.MaterializeResult(
                asset_key=[entity.raw_schema, entity.name], metadata=_metadata(results[entity.id])
            )
        for table in LEDGER:
            yield dg.MaterializeResult(asset_key=["landing", table])

    return landing


def _land_all(
    context: dg.AssetExecutionContext, pipeline: PipelineRun
) -> dict[str, list[LandingResult]]:
    settings, known_at = pipeline.settings, pipeline.known_at(context)
    definitions = load_definitions(settings.icp_home)
    results: dict[str, list[LandingResult]] = {entity: [] for entity in ENTITIES}
    failures: list[str] = []
    everything = plans(definitions.sources, definitions.company.time_zone)
    with DuckDBLanding(
        settings.warehouse, settings.sources_dir, settings.lake, memory_limit=memory_limit()
    ) as target:
        target.prepare()

        def attempt(name: str, land: Callable[[], list[LandingResult]]) -> None:
            try:
                with timed(settings, context.run_id, f"landing {name}"):
                    landed = land()
            except LandingError as error:
                failures.append(str(error))
                return
            for result in landed:
                results[result.entity].append(result)
                for line in _lines(result):
                    progress.info(line)

        for plan in everything:
            if plan.entity is not EVENTS:
                land = partial(target.land, plan, run_id=context.run_id, known_at=known_at)
                attempt(plan.entity.id, lambda land=land: [land()])
        events = [plan for plan in everything if plan.entity is EVENTS]
        attempt(
            EVENTS.id,
            lambda: target.land_events(events, run_id=context.run_id, known_at=known_at),
        )
        if not failures:
            attempt(
                "retired",
                lambda: target.retire_undeclared(
                    everything, run_id=context.run_id, known_at=known_at
                ),
            )
    if failures:
        raise dg.Failure("\n".join(failures), allow_retries=False)
    return results


def _lines(result: LandingResult) -> list[str]:
    """Say what came of an entity, and of each file that was found and not read."""
    skipped = [load for load in result.files if load.note and load.status == "unchanged"]
    name = f"{result.source} {result.entity}"
    return [_line(result), *(f"{name}: {load.file} is {load.note}" for load in skipped)]


def _line(result: LandingResult) -> str:
    counts = result.counts
    if any(load.status == "retired" for load in result.files):
        return (
            f"{result.source} {result.entity}: no longer in sources.yml, {counts.deleted:,} rows"
            " taken out"
        )
    if not result.files_loaded:
        return f"{result.source} {result.entity}: nothing new in {len(result.files)} file(s)"
    return (
        f"{result.source} {result.entity}: {result.files_loaded} new file(s), {counts.read:,} rows,"
        f" {counts.inserted:,} new, {counts.changed:,} changed, {counts.deleted:,} gone,"
        f" {counts.unparsed:,} unreadable"
    )


def _metadata(results: list[LandingResult]) -> dict[str, Any]:
    if not results:
        return {"declared": False}
    latest = max((result.max_occurred for result in results if result.max_occurred), default=None)
    metadata: dict[str, Any] = {
        "dagster/row_count": sum(result.counts.after for result in results),
        "rows_read": sum(result.counts.read for result in results),
        "rows_new": sum(result.counts.inserted for result in results),
        "files_loaded": sum(result.files_loaded for result in results),
        "files_unchanged": sum(result.files_unchanged for result in results),
    }
    unmapped = [column for result in results for column in result.unmapped_columns]
    if unmapped:
        metadata["unmapped_columns"] = ", ".join(unmapped)
    if latest:
        metadata["latest_occurrence"] = latest.isoformat(sep=" ")
    return metadata
