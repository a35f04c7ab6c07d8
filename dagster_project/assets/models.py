"""The dbt models as assets: staging, intermediate, marts, activation, snapshots.

Tests of staging and intermediate run here; those of marts and activation belong to the gate, which
runs them on the finished candidate in the same step that publishes it.
"""

from collections.abc import Iterator
from datetime import date
from graphlib import TopologicalSorter
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliInvocation,
    DbtProject,
    dbt_assets,
)
from pydantic import Field

from dagster_project.assets.table_metadata import table_metadata
from dagster_project.icp.loading import load_definitions
from dagster_project.landing.events import mark_usage_built, pending_usage_days
from dagster_project.publication.build_record import (
    Build,
    build_inputs,
    built_definition,
    company_time_zone,
    decide_as_of,
    latest_build,
    record_build,
    usage_definition,
)
from dagster_project.publication.version_file import read_version
from dagster_project.resources.dbt import (
    build_folder,
    code_files,
    code_hash,
    parse_ahead,
)
from dagster_project.resources.dbt_ahead import is_one_waiting
from dagster_project.resources.dbt_cli import InstalledDbtCli
from dagster_project.resources.dbt_environment import clocks, export_profile
from dagster_project.resources.postgres_exchange import fetch_built, is_shown, send_landed
from dagster_project.resources.progress import progress
from dagster_project.resources.run_context import PipelineRun
from dagster_project.resources.stopwatch import busy_seconds, record_seconds
from dagster_project.resources.usage_days import UsageDaysError, usage_days
from dagster_project.resources.warehouse import open_warehouse

GATE_TESTS = "resource_type:test,path:models/marts resource_type:test,path:models/activation"


class ModelsConfig(dg.Config):
    """Which usage days to build: by default those that new event files touch."""

    usage_from: str = Field(
        default="", description="First usage day to build again, YYYY-MM-DD; empty: none."
    )
    usage_to: str = Field(
        default="", description="Last usage day to build again, YYYY-MM-DD; empty: the as-of day."
    )
    full_refresh: bool = Field(default=False, description="Build every table from nothing.")

    @property
    def is_asked_for(self) -> bool:
        """Whether somebody wants something built that is not new."""
        return bool(self.full_refresh or self.usage_from or self.usage_to)


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
            build = _plan(context, config, pipeline)
            is_whole = context.selected_asset_keys == dbt_models.keys
            kept = _published_build(pipeline, build) if is_whole else None
            if kept and not config.is_asked_for:
                progress.info(f"dbt: nothing new since run {kept}, its tables are kept")
                yield from _unchanged(context, pipeline, kept)
                return
            with open_warehouse(pipeline.settings) as connection:
                record_build(connection, build, is_complete=False)
                zone = company_time_zone(connection)
            first, last = build.usage_range or ("the first", "the last")
            progress.info(f"As of {build.as_of_date}; usage days from {first} to {last}")
            arguments = ["build", "--exclude-resource-type", "unit_test"]
            if build.usage_range is None:
                arguments.append("--full-refresh")
            folder = build_folder(pipeline.settings)
            send_landed(pipeline.settings)
            # Again, not only when definitions load: one process may run two data folders
            export_profile(pipeline.settings)
            with clocks(build.known_at, build.as_of_date, build.usage_range, zone):
                invocation = dbt.cli(arguments, context=context, target_path=folder)
            try:
                yield from _described(invocation, len(context.selected_asset_keys), pipeline)
            finally:
                _stop(invocation)
                _record_work(context, pipeline, invocation)
            if is_whole:
                with open_warehouse(pipeline.settings) as connection:
                    mark_usage_built(connection, build.known_at)
                    record_build(connection, build, is_complete=True)
            else:
                progress.info("A part was built: only a whole build can be published")

    return dbt_models


def _described(invocation: DbtCliInvocation, expected: int, pipeline: PipelineRun) -> Iterator[Any]:
    """Give dbt's events with rows, columns and lineage; say at every tenth how far it is.

    They wait for dbt to end: until then it alone may open the warehouse.
    """
    events: list[Any] = []
    failure: Exception | None = None
    done, said = 0, 0
    try:
        for event in invocation.stream():
            if not events and not is_one_waiting():
                parse_ahead(pipeline.settings)
            events.append(event)
            done += isinstance(event, dg.Output)
            if done * 10 // max(expected, 1) > said:
                said = done * 10 // max(expected, 1)
                progress.info(f"dbt: {done} of {expected} models built")
    except Exception as error:
        failure = error
    described = {}
    if failure is None:
        fetch_built(pipeline.settings)
        with open_warehouse(pipeline.settings) as connection:
            described = table_metadata(connection, invocation.target_path)
    names = {key.to_python_identifier(): metadata for key, metadata in described.items()}
    for event in events:
        if isinstance(event, dg.Output):
            event = event.with_metadata({**event.metadata, **names.get(event.output_name, {})})
        yield event
    if failure:
        raise failure


def _plan(context: dg.AssetExecutionContext, config: ModelsConfig, pipeline: PipelineRun) -> Build:
    """Decide the clocks and the usage days of a build."""
    company = load_definitions(pipeline.settings.icp_home).company
    known_at = pipeline.known_at(context)
    with open_warehouse(pipeline.settings) as connection:
        as_of_date = decide_as_of(connection, company.as_of, known_at, company.time_zone)
        definition = f"{usage_definition(connection)}-{kept_days_hash()}"
        is_same = built_definition(connection) == definition
        usage = _usage_range(connection, config, as_of_date) if is_same else None
        inputs = build_inputs(
            connection, as_of_date, known_at, code_hash(code_files(".sql", ".yml"))
        )
    return Build(context.run_id, known_at, as_of_date, *(usage or (None, None)), definition, inputs)


def _published_build(pipeline: PipelineRun, build: Build) -> str | None:
    """Give the run whose build has the same inputs as this one would have and is published."""
    published = pipeline.settings.published
    with open_warehouse(pipeline.settings) as connection:
        last = latest_build(connection)
    if last is None or last.inputs != build.inputs or not published.exists():
        return None
    current = read_version(published)
    is_kept = current.run_id == last.run_id and is_shown(pipeline.settings, current.version)
    return last.run_id if is_kept else None


def _unchanged(
    context: dg.AssetExecutionContext, pipeline: PipelineRun, run_id: str
) -> Iterator[dg.MaterializeResult]:
    with open_warehouse(pipeline.settings) as connection:
        described = table_metadata(connection, build_folder(pipeline.settings))
    # Dagster takes a table only after those it is built from
    for key in TopologicalSorter(context.assets_def.asset_deps).static_order():
        if key not in context.selected_asset_keys:
            continue
        yield dg.MaterializeResult(
            asset_key=key, metadata={**described.get(key, {}), "unchanged_since_run": run_id}
        )


def kept_days_hash() -> str:
    """Give a hash of the code of tables that keep days of earlier runs: new code builds them anew.

    That is every model of the `daily_range` materialization, and all that has usage in its name.
    """
    return code_hash(
        path
        for path in code_files(".sql")
        if "usage" in path.name or "daily_range" in path.read_text(encoding="utf-8")
    )


def _usage_range(
    connection: Any, config: ModelsConfig, as_of_date: date
) -> tuple[date, date] | None:
    """Give the usage days to build: those asked for and those that new files touch; None is all.

    With nothing to build it is the as-of day alone: building a day again changes nothing.
    """
    if config.full_refresh:
        return None
    days = [day for days in pending_usage_days(connection) for day in days]
    if config.usage_from or config.usage_to:
        days += days_asked_for(config, as_of_date)
    days = days or [as_of_date]
    return min(days), max(days)


def days_asked_for(config: ModelsConfig, as_of_date: date) -> tuple[date, date]:
    """Give the first and last usage day to build again; raise dg.Failure when they are no range."""
    try:
        return usage_days(config.usage_from, config.usage_to, as_of_date)
    except UsageDaysError as error:
        raise dg.Failure(str(error)) from error


def _stop(invocation: DbtCliInvocation) -> None:
    """End dbt where reading its events failed: it would go on and hold the warehouse."""
    if invocation.process.poll() is None:
        invocation.process.terminate()
        invocation.process.wait()


def _record_work(
    context: dg.AssetExecutionContext, pipeline: PipelineRun, invocation: DbtCliInvocation
) -> None:
    results = invocation.target_path / "run_results.json"
    if results.exists():
        record_seconds(pipeline.settings, context.run_id, "dbt build", busy_seconds(results)[0])
