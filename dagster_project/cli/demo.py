"""`icp demo`: the sample company, and time passing in it."""

from pathlib import Path

from rich.markup import escape

from dagster_project.cli.tables import console, print_plain
from dagster_project.resources.settings import TARGETS, Settings


def answer_key(settings: Settings) -> Path:
    """Give the file of planted truth, which the pipeline never reads; one for all engines."""
    is_default = settings.target == TARGETS[0]
    return (settings.data_dir if is_default else settings.data_dir.parent) / "answer_key.json"


def create(settings: Settings, *, accounts: int, months: int, events: int, seed: int) -> None:
    """Write the source files and the answer key of a sample company of this size."""
    from dagster_project.demo import create_sample

    print_plain(f"Making the sample company in {settings.sources_dir} ...")
    summary = create_sample(
        settings.sources_dir,
        answer_key(settings),
        accounts=accounts,
        months=months,
        events=events,
        seed=seed,
        progress=lambda line: console.print(f"  [dim]{escape(line)}[/]"),
    )
    print_plain(summary)


def advance(settings: Settings, days: int) -> None:
    """Add `days` to the sample company."""
    from dagster_project.demo import advance_sample

    summary = advance_sample(
        settings.sources_dir,
        answer_key(settings),
        days=days,
        progress=lambda line: console.print(f"  [dim]{escape(line)}[/]"),
    )
    print_plain(summary)
