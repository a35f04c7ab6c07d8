"""The gate as an asset: audit and publish in one step; each mart's audit is a check of it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import dagster as dg
from dagster_dbt import DbtProject

from dagster_project.assets.check_results import summed
from dagster_project.checks.results import CheckResult, read_results
from dagster_project.publication.build_record import latest_build
from dagster_project.publication.publish import (
    PublicationBlockedError,
    audit_and_publish,
    finish,
)
from dagster_project.publication.version_file import read_version
from dagster_project.resources.progress import progress
from dagster_project.resources.run_context import PipelineRun
from dagster_project.resources.settings import Settings
from dagster_project.resources.stopwatch import timed
from dagster_project.resources.warehouse import open_warehouse

PUBLICATION = dg.AssetKey(["published", "icp"])
#: The check that sums up what is not about one mart: sources, rejections, the build itself.
OTHER_CHECKS = "sources_and_build"


def publication_assets(project: DbtProject) -> dg.AssetsDefinition:
    """Give the publication, with a check for each mart and one for everything else it judged."""
    marts = _published_models(project)
    spec = dg.AssetSpec(
        PUBLICATION,
        deps=marts,
        group_name="published",
        kinds={"duckdb"},
        owners=["team:data_team"],
        description="What readers see: every mart, replaced at once when all checks passed.",
    )
    # a step can only hold checks of what it makes, so each mart's audit is a check of the whole
    checks = [
        dg.AssetCheckSpec(name, asset=PUBLICATION, description=f"Audit of {name}: dbt and GX")
        for name in [*(_check_name(key) for key in marts), OTHER_CHECKS]
    ]

    @dg.multi_asset(specs=[spec], check_specs=checks, name="publication")
    def publication(context: dg.AssetExecutionContext, pipeline: PipelineRun) -> Iterator[Any]:
        """Audit the candidate; publish it if nothing failed, else say what did."""
        settings = pipeline.settings
        with open_warehouse(settings) as connection:
            build = latest_build(connection)
        if build is None:
            raise dg.Failure("The last build did not end. Run the daily job again.")
        if settings.published.exists() and read_version(settings.published).run_id == build.run_id:
            yield from _kept(settings, marts)
            return
        with pipeline.step(context, "audit"), timed(settings, context.run_id, "gate"):
            try:
                outcome, version = audit_and_publish(
                    settings,
                    run_id=context.run_id,
                    known_at=build.known_at,
                    as_of_date=build.as_of_date,
                    usage_range=build.usage_range,
                )
            except PublicationBlockedError as blocked:
                yield from _evaluations(marts, blocked.outcome.results)
                raise dg.Failure(str(blocked), allow_retries=False) from blocked
        yield from _evaluations(marts, outcome.results)
        yield dg.MaterializeResult(
            asset_key=PUBLICATION,
            metadata={
                "version": version.version,
                "as_of_date": str(version.as_of_date),
                "checks": len(outcome.results),
                "warnings": len(outcome.warnings),
            },
        )

    return publication


def _kept(settings: Settings, marts: list[dg.AssetKey]) -> Iterator[Any]:
    """Say that what is published is this very build: its audit stands, nothing is copied."""
    version = read_version(settings.published)
    with open_warehouse(settings) as connection:
        known = read_results(connection, version.run_id)
    yield from _evaluations(marts, known)
    progress.info(f"Version {version.version} holds this build already: nothing to publish")
    finish(settings, version)
    yield dg.MaterializeResult(
        asset_key=PUBLICATION,
        metadata={"version": version.version, "as_of_date": str(version.as_of_date)},
    )


def _published_models(project: DbtProject) -> list[dg.AssetKey]:
    nodes = json.loads(project.manifest_path.read_text(encoding="utf-8"))["nodes"].values()
    return [
        dg.AssetKey([node["schema"], node["name"]])
        for node in nodes
        if node["resource_type"] == "model" and node["schema"] in {"marts", "activation"}
    ]


def _evaluations(
    marts: list[dg.AssetKey], results: Iterable[CheckResult]
) -> Iterator[dg.AssetCheckResult]:
    by_relation: dict[str, list[CheckResult]] = defaultdict(list)
    for result in results:
        by_relation[result.relation].append(result)
    for key in marts:
        yield summed(PUBLICATION.path, _check_name(key), by_relation.pop(".".join(key.path), []))
    rest = [result for group in by_relation.values() for result in group]
    yield summed(PUBLICATION.path, OTHER_CHECKS, rest)


def _check_name(key: dg.AssetKey) -> str:
    return "__".join(key.path)
