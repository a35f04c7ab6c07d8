"""`icp status`: what is published, how fresh it is, and what is stale and why."""

from rich.markup import escape

from dagster_project.cli.tables import console, print_plain, table
from dagster_project.publication.overview import PublicationStatus, status
from dagster_project.publication.run_status import FailedRun
from dagster_project.resources.settings import Settings


def print_status(settings: Settings) -> int:
    """Print the state of the publication; give 1 when nothing is published or it is stale."""
    now = status(settings)
    _print_published(settings, now)
    if now.current_run:
        run = now.current_run
        print_plain(f"Running now: {run.run_id}, at: {run.step} (since {run.started_at} UTC)")
    if now.last_failure and now.published is None:  # else it is among the reasons
        _print_failure(now.last_failure)
    if now.sources:
        console.print(
            table(
                "Sources with a declared freshness",
                ["source", "check", "is", "hours old#", "allowed"],
                [
                    (age.source, age.check_name, age.status, age.observed_hours, age.threshold)
                    for age in now.sources
                ],
            )
        )
    if now.restorable:
        versions = ", ".join(version.version for version in now.restorable)
        print_plain(f"Can be restored (`icp publish --rollback --version ID`): {versions}")
    return 1 if now.is_stale or now.published is None else 0


def _print_published(settings: Settings, now: PublicationStatus) -> None:
    if now.published is None:
        console.print("[yellow]Nothing is published yet.[/] Run `icp run` (or `make run`).")
        return
    one = now.published
    state = "[bold red]stale[/]" if now.is_stale else "[bold green]fresh[/]"
    console.print(
        f"Published: version {one.version}, as of {one.as_of_date}, {now.age_hours:.1f} hours ago"
        f" (run {one.run_id}): {state}\n  {escape(settings.published_place)}"
    )
    for reason in now.reasons:
        console.print(f"  [red]stale because[/] {escape(reason)}")


def _print_failure(failure: FailedRun) -> None:
    console.print(
        f"Last failure: run {failure.run_id} at {failure.failed_at} UTC, during {failure.step}"
    )
    print_plain(f"  {failure.reason}")
    for check in failure.checks:
        print_plain(f"  - {check.message}")
