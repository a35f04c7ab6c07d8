"""`icp mf`: MetricFlow on the published database, for whoever has it installed."""

from collections.abc import Sequence

from dagster_project.cli.tables import console
from dagster_project.resources.semantic_layer import is_installed, run_mf
from dagster_project.resources.settings import Settings


def run_metricflow(settings: Settings, arguments: Sequence[str]) -> int:
    """Hand the arguments to `mf`; give its exit code."""
    if not is_installed():
        console.print("MetricFlow is not installed: pip install 'icp-pipeline[semantic]'.")
        return 1
    if not settings.published.exists():
        console.print("Nothing is published yet. Run `icp run` first.")
        return 1
    return run_mf(settings, arguments or ["--help"])
