"""`icp demo`: the sample company, and time passing in it."""

from pathlib import Path

from rich.markup import escape

from dagster_project.cli.tables import console, print_error, print_plain
from dagster_project.resources.settings import TARGETS, Settings


def answer_key(settings: Settings) -> Path:
    """Give the file of planted truth, which the pipeline never reads; one for all engines."""
    is_default = settings.target == TARGETS[0]
    return (settings.data_dir if is_default else settings.data_dir.parent) / "answer_key.json"


def create(settings: Settings, *, accounts: int, months: int, events: int, seed: int) -> int:
    """Write the source files and the answer key of a sample company of this size; 1 if refused."""
    from dagster_project.demo import SampleRefusedError, create_sample

    print_plain(f"Making the sample company in {settings.sources_dir} ...")
    try:
        summary = create_sample(
            settings.sources_dir,
            answer_key(settings),
            accounts=accounts,
            months=months,
            events=events,
            seed=seed,
            progress=_print_progress,
        )
    except SampleRefusedError as error:
        return _refuse(error)
    print_plain(summary)
    return 0


def advance(settings: Settings, days: int) -> int:
    """Add `days` to the sample company; give 1 if it cannot."""
    from dagster_project.demo import SampleStateError, advance_sample

    try:
        summary = advance_sample(
            settings.sources_dir, answer_key(settings), days=days, progress=_print_progress
        )
    except SampleStateError as error:
        return _refuse(error)
    print_plain(summary)
    return 0


def _print_progress(line: str) -> None:
    console.print(f"  [dim]{escape(line)}[/]")


def _refuse(error: Exception) -> int:
    print_error(error)
    return 1
