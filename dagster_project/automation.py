"""When things run: the daily job and its schedule, the sensor for new files, the failure notifier.

What runs is defined by the assets; nothing here reads data.
"""

import json
import os
from datetime import date, datetime
from urllib import request

import dagster as dg

from dagster_project.landing.discovery import fingerprint_sources
from dagster_project.resources.settings import Settings

daily_job = dg.define_asset_job(
    "daily",
    selection=dg.AssetSelection.all(),
    description="Land what is new, build, check everything, publish if every check passed.",
    executor_def=dg.in_process_executor,
)

daily_schedule = dg.ScheduleDefinition(
    name="daily_at_five",
    job=daily_job,
    cron_schedule="0 5 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.STOPPED,
)
