"""When things run: the daily job and its schedule, new files, failures.

What runs is defined by the assets; nothing here transforms data.
"""

import json

import dagster as dg

from dagster_project.icp.loading import load_definitions
from dagster_project.icp.problems import DefinitionError
from dagster_project.landing.discovery import paths_of
from dagster_project.landing.plan import plans
from dagster_project.resources.notifier import Notifier
from dagster_project.resources.settings import Settings

daily_job = dg.define_asset_job(
    "daily",
    selection=dg.AssetSelection.all(),
    description=(
        "Land what is new, build, check everything, publish if every check passed. To build a range"
        " of usage days again (a backfill), open the launchpad and set usage_from and usage_to."
    ),
    executor_def=dg.in_process_executor,
)

daily_schedule = dg.ScheduleDefinition(
    name="daily_at_five",
    job=daily_job,
    cron_schedule="0 5 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.STOPPED,
)


@dg.sensor(
    job=daily_job, minimum_interval_seconds=300, default_status=dg.DefaultSensorStatus.STOPPED
)
def new_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Start the daily job when a source file is new or has changed (by size and time)."""
    settings = Settings.from_environment()
    try:
        definitions = load_definitions(settings.icp_home)
    except DefinitionError as error:
        return dg.SkipReason(str(error))
    found: dict[str, list[int]] = {}
    for plan in plans(definitions.sources, definitions.company.time_zone):
        for path in paths_of(settings.sources_dir, plan.path):
            stat = path.stat()
            found[str(path.relative_to(settings.sources_dir))] = [stat.st_size, stat.st_mtime_ns]
    before = json.loads(context.cursor or "{}")
    changed = [name for name, mark in found.items() if before.get(name) != mark]
    if not changed:
        return dg.SkipReason(f"{len(found)} source files, none new or changed")
    run = dg.RunRequest(run_key=None, tags={"icp/changed_files": str(len(changed))})
    return dg.SensorResult(run_requests=[run], cursor=json.dumps(found))


@dg.run_failure_sensor(default_status=dg.DefaultSensorStatus.RUNNING)
def notify_failure(context: dg.RunFailureSensorContext, notifier: Notifier) -> None:
    """Tell people that a run failed and why; what was published stays as it was."""
    notifier.send(
        f"ICP run {context.dagster_run.run_id} ({context.dagster_run.job_name}) failed.\n"
        f"{context.failure_event.message}\nThe last published version stays; see `icp status`."
    )
