"""`icp run`: the daily job in this process, with progress and an ending a person wants to read."""

import logging
import re
import sys
from collections.abc import Iterable
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.markup import escape

from dagster_project.cli.summary import (
    print_landing,
    print_next_steps,
    print_published,
    print_unpublished,
)
from dagster_project.cli.tables import console, make_console, print_error, print_plain
from dagster_project.publication.lock import lock_holder
from dagster_project.publication.run_status import read_run_status
from dagster_project.resources.dagster_home import prepare_dagster_home
from dagster_project.resources.garbage import search_seldom
from dagster_project.resources.settings import PROJECT_ROOT, Settings
from dagster_project.resources.usage_days import UsageDaysError, usage_days

#: Such as `dagster._core.errors.DagsterAssetCheckFailedError: ` before a message.
_CLASS_PATH = re.compile(r"^\w+(\.\w+)+: ")


def run_pipeline(
    settings: Settings, *, usage_from: str, usage_to: str, full_refresh: bool, wait_seconds: int
) -> int:
    """Run everything; give 0 when a new version is published, 1 when it is not.

    Usage days that are no range are refused before anything is landed.
    """
    if usage_from or usage_to:
        # the as-of day is known once all is landed; no time zone is further ahead than 14 hours
        latest = (datetime.now(UTC) + timedelta(hours=14)).date()
        try:
            usage_days(usage_from, usage_to, latest)
        except UsageDaysError as error:
            print_error(error)
            return 1
    started = datetime.now(UTC)
    search_seldom()
    _make_sample_if_absent(settings)
    holder = lock_holder(settings)
    if holder:
        console.print(
            f"[yellow]{escape(str(holder))} is working; waiting up to {wait_seconds} s.[/]"
        )
    console.print("Starting (loading Dagster and dbt) ...")
    prepare_dagster_home(settings)
    result = _execute(
        settings,
        {"usage_from": usage_from, "usage_to": usage_to, "full_refresh": full_refresh},
        wait_seconds,
    )
    if not result.success:
        return _explain_failure(settings, result)
    print_landing(settings, result.run_id)
    print_published(settings)
    print_next_steps(settings, started, datetime.now(UTC))
    return 0


def _make_sample_if_absent(settings: Settings) -> None:
    """Make the sample company when the shipped definitions have no files to read yet."""
    if settings.sources_dir.exists() or settings.icp_home != PROJECT_ROOT / "icp":
        return
    from dagster_project.cli.demo import create

    create(settings, accounts=4000, months=36, events=1_000_000, seed=7)


def _execute(settings: Settings, models: dict[str, Any], wait_seconds: int) -> Any:
    from dagster_project.resources.dbt import build_folder, is_dagster_parsed, project_flags
    from dagster_project.resources.dbt_ahead import waiting_dbt
    from dagster_project.resources.dbt_environment import export_profile

    _show_progress()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    export_profile(settings)
    parse = project_flags(settings.target)
    if is_dagster_parsed(settings):
        parse.append("--no-write-json")
    # dbt and Dagster print every event: the terminal shows our few lines, the file keeps theirs
    with (
        waiting_dbt(build_folder(settings), *parse),
        (settings.data_dir / "run.log").open("w", encoding="utf-8") as log,
        redirect_stdout(log),
    ):
        from dagster_project.definitions import defs  # seconds of imports: dbt gets ready meanwhile

        return _job_result(defs, models, wait_seconds)


def _job_result(defs: Any, models: dict[str, Any], wait_seconds: int) -> Any:
    import dagster as dg

    return defs.resolve_job_def("daily").execute_in_process(
        instance=dg.DagsterInstance.get(),
        run_config={
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            "ops": {"dbt_models": {"config": models}},
            "resources": {"pipeline": {"config": {"wait_seconds": wait_seconds}}},
        },
        raise_on_error=False,
    )


def _show_progress() -> None:
    """Print what the steps say of themselves; Dagster's own chatter stays in its event log."""

    terminal = make_console(sys.stdout)

    class Printer(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            terminal.print(f"  [dim]{escape(record.getMessage())}[/]")

    logger = logging.getLogger("icp")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.handlers = [Printer()]


def step_failures(events: Iterable[Any]) -> list[str]:
    """Give what each failed step says, once and without the path of the error's class."""
    said: dict[str, None] = {}
    for event in events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            cause = error.cause if error and error.cause else error
            message = _CLASS_PATH.sub("", cause.message).strip() if cause else "?"
            said[f"Step {event.step_key} failed: {message}"] = None
    return list(said)


def _explain_failure(settings: Settings, result: Any) -> int:
    """Print what stopped the run: Dagster's own error when the run status does not say it."""
    from dagster_project.cli.status import print_status

    print_unpublished(settings, result.run_id)
    console.print("\n[bold red]Not published.[/] What was published before stays as it was.")
    noted = read_run_status(settings).last_failure
    if noted is None or noted.run_id != result.run_id:
        for line in step_failures(result.all_events):
            print_plain(line)
    print_status(settings)
    return 1
