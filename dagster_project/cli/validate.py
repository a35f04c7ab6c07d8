"""`icp validate`: everything wrong with the definitions folder, and advice on what is right."""

from rich.markup import escape

from dagster_project.cli.tables import console, print_error
from dagster_project.icp.advice import advise
from dagster_project.icp.loading import load_definitions
from dagster_project.icp.problems import DefinitionError
from dagster_project.resources.settings import Settings


def print_validation(settings: Settings) -> int:
    """Print every problem and warning; give 1 when there is a problem."""
    try:
        definitions = load_definitions(settings.icp_home)
    except DefinitionError as error:
        print_error(error)
        return 1
    for warning in advise(definitions):
        console.print(f"[yellow]advice[/] {escape(str(warning))}")
    entities = sum(len(source.entities) for source in definitions.sources.sources)
    console.print(
        f"[green]{escape(str(settings.icp_home))} is valid:[/]"
        f" {len(definitions.products)} products,"
        f" {len(definitions.icps())} ICPs, {len(definitions.sources.sources)} sources"
        f" with {entities} entities, {len(definitions.company.segment_schemes)} segment schemes."
    )
    return 0
