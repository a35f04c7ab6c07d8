"""The dbt models as assets: staging, intermediate, marts, activation, snapshots.

Tests of staging and intermediate run here; those of marts and activation belong to the gate, which
runs them on the finished candidate in the same step that publishes it.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets

from dagster_project.assets.clock import Build, decide_as_of, record_build
from dagster_project.icp.loading import load_definitions
from dagster_project.landing.events import mark_usage_built, pending_usage_days
from dagster_project.resources.dbt_cli import InstalledDbtCli
from dagster_project.resources.run_context import PipelineRun
from dagster_project.resources.warehouse import open_warehouse

GATE_TESTS = "resource_type:test,path:models/marts resource_type:test,path:models/activation"


class ModelsConfig(dg.Config):
    """Which usage days to build: by default those that new event files touch."""

    usage_from: str = ""
    usage_to: str = ""
    full_refresh: bool = False


def model_assets(project: DbtProject) -> dg.AssetsDefinition:
    """Give one asset per model and snapshot, and one asset check per test that is not the gate's."""

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
        build = _start(context, config, pipeline)
        context.log.info(f"as of {build.as_of_date}, usage days {build.usage_range or 'all'}")
        arguments = ["build", "--exclude-resource-type", "unit_test"]
        if config.full_refresh:
            arguments.append("--full-refresh")
        invocation = dbt.cli(arguments, context=context)
        invocation.process.env = None
        yield from invocation.stream()
        with open_warehouse(pipeline.settings) as connection:
            mark_usage_built(connection, build.known_at)
            record_build(connection, build, is_complete=True)

    return dbt_models


def _start(
    context: dg.AssetExecutionContext, config: ModelsConfig, pipeline: PipelineRun
) -> Build:
    definitions = load_definitions(pipeline.settings.icp_home)
    known_at = pipeline.known_at(context)
    with open_warehouse(pipeline.settings) as connection:
        days = [] if config.full_refresh else pending_usage_days(connection)
        build = Build(
            run_id=context.run_id,
            known_at=known_at,
            as_of_date=decide_as_of(connection, definitions.company.as_of, known_at),
            usage_from=None,
            usage_to=None,
        )
        record_build(connection, build, is_complete=False)
    return build
