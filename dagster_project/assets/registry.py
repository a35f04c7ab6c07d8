"""The user's definitions as assets: `icp/*.yml`, validated and written to `icp_registry`."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.icp.loading import load_definitions
from dagster_project.icp.registry import write_registry
from dagster_project.icp.registry_tables import REGISTRY_TABLES
from dagster_project.publication.state import read_previous_tiers
from dagster_project.resources.progress import progress
from dagster_project.resources.run_context import PipelineRun
from dagster_project.resources.stopwatch import timed
from dagster_project.resources.warehouse import open_warehouse

_SPECS = [
    dg.AssetSpec(
        ["icp_registry", table],
        group_name="icp_registry",
        kinds={"yaml", "duckdb"},
        owners=["team:revenue_operations"],
        description=f"Rows of `{table}`, from the definitions folder.",
    )
    for table in REGISTRY_TABLES
]


@dg.multi_asset(specs=_SPECS, name="icp_registry")
def icp_registry(
    context: dg.AssetExecutionContext, pipeline: PipelineRun
) -> Iterator[dg.MaterializeResult]:
    """Validate the definitions folder and load it; a problem stops the run by file and line."""
    settings = pipeline.settings
    with (
        pipeline.step(context, "definitions"),
        timed(settings, context.run_id, "registry"),
        open_warehouse(settings) as connection,
    ):
        definitions = load_definitions(settings.icp_home)
        summary = write_registry(
            connection, definitions, known_at=pipeline.known_at(context), approved_by=None
        )
        read_previous_tiers(settings, connection)
    progress.info(
        f"{len(summary.added_icps)} new, {len(summary.changed_icps)} changed,"
        f" {len(summary.unchanged_icps)} unchanged ICPs"
    )
    for table in REGISTRY_TABLES:
        metadata = {"rows": summary.rows[table]} if table in summary.rows else {}
        yield dg.MaterializeResult(asset_key=["icp_registry", table], metadata=metadata)
