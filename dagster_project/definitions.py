"""What Dagster loads. Only wiring: every line names something made elsewhere."""

import dagster as dg

from dagster_project.assets.freshness import declared_freshness
from dagster_project.assets.landing import landing_assets
from dagster_project.assets.models import model_assets
from dagster_project.assets.publication import publication_assets
from dagster_project.assets.raw_checks import raw_edge
from dagster_project.assets.registry import icp_registry
from dagster_project.automation import (
    daily_job,
    daily_schedule,
    new_files,
    notify_failure,
)
from dagster_project.resources.dbt_cli import (
    DBT_FLAGS,
    InstalledDbtCli,
    dbt_program,
    prepared_project,
)
from dagster_project.resources.notifier import Notifier
from dagster_project.resources.run_context import PipelineRun
from dagster_project.resources.settings import Settings

_settings = Settings.from_environment()
_dbt_project = prepared_project(_settings)

defs = dg.Definitions(
    assets=[
        icp_registry,
        landing_assets(declared_freshness(_settings)),
        model_assets(_dbt_project),
        publication_assets(_dbt_project),
    ],
    asset_checks=[raw_edge],
    jobs=[daily_job],
    schedules=[daily_schedule],
    sensors=[new_files, notify_failure],
    executor=dg.in_process_executor,
    resources={
        "dbt": InstalledDbtCli(
            project_dir=_dbt_project,
            global_config_flags=DBT_FLAGS,
            dbt_executable=dbt_program(),
        ),
        "pipeline": PipelineRun(),
        "notifier": Notifier(),
    },
)
