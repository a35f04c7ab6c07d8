"""Freshness of landed assets, as the owner of each source declared it in `sources.yml`."""

from datetime import timedelta

import dagster as dg

from dagster_project.icp.loading import load_definitions
from dagster_project.icp.problems import DefinitionError
from dagster_project.resources.settings import Settings


def declared_freshness(settings: Settings) -> dict[str, dg.FreshnessPolicy]:
    """Give a policy per entity id; empty when the definitions do not load.

    Wiring must not fail on a definition that a run will report with its file and line.
    """
    try:
        sources = load_definitions(settings.icp_home).sources.sources
    except DefinitionError:
        return {}
    return {
        entity: dg.FreshnessPolicy.time_window(
            fail_window=timedelta(hours=source.freshness.error_after_hours),
            warn_window=timedelta(hours=source.freshness.warn_after_hours),
        )
        for source in sources
        if source.freshness is not None
        for entity in source.entities
    }
