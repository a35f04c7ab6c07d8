"""The dbt models as assets: staging, intermediate, marts, activation, snapshots.

Tests of staging and intermediate run here; those of marts and activation belong to the gate, which
runs them on the finished candidate in the same step that publishes it.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from hashlib import sha256
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliInvocation,
    DbtProject,
    dbt_assets,
)

from dagster_project.icp.loading import load_definitions
from dagster_project.landing.events import mark_usage_built, pending_usage_days
from dagster_project.publication.build_record import (
    Build,
    built_definition,
    decide_as_of,
    record_build,
    usage_definition,
)
from dagster_project.resources.dbt import clocks
from dagster_project.resources.dbt_cli import DBT_FOLDER, InstalledDbtCli
from dagster_project.resources.progress import progress
from dagster_project.resources.run_context import PipelineRun
from dagster_project.resources.stopwatch import busy_seconds, record_seconds
from dagster_project.resources.warehouse import open_warehouse

GATE_TESTS = "resource_type:test,path:models/marts resource_type:test,path:models/activation"


class ModelsConfig(dg.Config):
    """Which usage days to build: by default those that new event files touch."""

    usage_from: str = ""
    usage_to: str = ""
    full_refresh: bool = False


def model_assets(project: DbtProject) -> dg.AssetsDefinition:
    """Give one asset per model and snapshot, and a check per test that is not the gate's."""

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        name="dbt_models",
        exclude=f"resource_type:unit_test {GATE_TESTS}",
        dagster_dbt_translator=DagsterDbtTranslator(
            settings=DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True)
        ),
    )
    def dbt_models(
        context: dg.AssetExecutionContext,
        config: ModelsConfig,
        dbt: InstalledDbtCli,
        pipeline: PipelineRun,
    ) -> Iterator[Any]:
        """Build every model on what was landed, with its tests, and remember what was built."""
        with pipeline.step(context, "dbt build"):
            build = _begin(context, config, pipeline)
            first, last = build.usage_range or ("the first", "the last")
            progress.info(f"As of {build.as_of_date}; usage days from {first} to {last}")
            arguments = ["build", "--exclude-resource-type", "unit_test"]
            if build.usage_range is None:
                arguments.append("--full-refresh")
            # one folder for every run: dbt finds its own parse of the last one there
            folder = pipeline.settings.data_dir / "dbt" / "build"
            with clocks(build.known_at, build.as_of_date, build.usage_range):
                invocation = dbt.cli(arguments, context=context, target_path=folder)
            try:
                yield from _with_progress(invocation.stream(), len(context.selected_asset_keys))
            finally:
                _record_work(context, pipeline, invocation)
            if context.selected_asset_keys == dbt_models.keys:
                with open_warehouse(pipeline.settings) as connection:
                    mark_usage_built(connection, build.known_at)
                    record_build(connection, build, is_complete=True)
            else:
                progress.info("A part was built: only a whole build can be published")

    return dbt_models


def _with_progress(events: Iterable[Any], expected: int) -> Iterator[Any]:
    """Pass dbt's events on and say at every tenth of the models how far it is."""
    done, said = 0, 0
    for event in events:
        yield event
        done += isinstance(event, dg.Output | dg.AssetMaterialization)
        if done * 10 // max(expected, 1) > said:
            said = done * 10 // max(expected, 1)
            progress.info(f"dbt: {done} of {expected} models built")


def _begin(context: dg.AssetExecutionContext, config: ModelsConfig, pipeline: PipelineRun) -> Build:
    """Decide the clocks and the usage days, and mark the warehouse as under construction."""
    company = load_definitions(pipeline.settings.icp_home).company
    known_at = pipeline.known_at(context)
    with open_warehouse(pipeline.settings) as connection:
        as_of_date = decide_as_of(connection, company.as_of, known_at)
        definition = f"{usage_definition(connection)}-{usage_code()}"
        is_same = built_definition(connection) == definition
        usage = _usage_range(connection, config, as_of_date) if is_same else None
        build = Build(context.run_id, known_at, as_of_date, *(usage or (None, None)), definition)
        record_build(connection, build, is_complete=False)
    return build


def usage_code() -> str:
    """Give a hash of the models that keep what earlier runs built: new code needs new tables."""
    models = (DBT_FOLDER / "models").rglob("*usage*.sql")
    return sha256(b"".join(path.read_bytes() for path in sorted(models))).hexdigest()[:12]


def _usage_range(
    connection: Any, config: ModelsConfig, as_of_date: date
) -> tuple[date, date] | None:
    """Give the usage days to build: those asked for and those that new files touch; None is all.

    With nothing to build it is the as-of day alone: building a day again changes nothing.
    """
    if config.full_refresh:
        return None
    days = [day for days in pending_usage_days(connection) for day in days]
    days += [date.fromisoformat(day) for day in (config.usage_from, config.usage_to) if day]
    days = days or [as_of_date]
    return min(days), max(days)


def _record_work(
    context: dg.AssetExecutionContext, pipeline: PipelineRun, invocation: DbtCliInvocation
) -> None:
    results = invocation.target_path / "run_results.json"
    if results.exists():
        record_seconds(pipeline.settings, context.run_id, "dbt build", busy_seconds(results)[0])
