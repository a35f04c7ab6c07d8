"""What dbt is told by the environment: which database it works on, the clocks, the usage days.

Environment instead of `--vars`: with other variables dbt parses the whole project again.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from dagster_project.resources.postgres import export_connection
from dagster_project.resources.settings import Settings
from dagster_project.resources.warehouse import memory_limit


def export_profile(settings: Settings) -> None:
    """Tell dbt subprocesses, through the environment, which database they work on.

    The folder of this Python goes first on the PATH: `.venv/bin/icp` must work without an activated
    environment, and find its own dbt.
    """
    programs = str(Path(sys.executable).parent)
    if programs not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([programs, os.environ.get("PATH", "")])
    if settings.target == "postgres":
        export_connection()
    os.environ.update(profile_variables(settings))


def profile_variables(settings: Settings, memory: str | None = None) -> dict[str, str]:
    """Give what `profiles.yml` reads; the memory bound is the usual one unless it is given."""
    return {
        "ICP_WAREHOUSE": str(settings.warehouse),
        "ICP_PUBLISHED": str(settings.published),
        "ICP_MEMORY_LIMIT": memory or memory_limit(),
    }


@contextmanager
def clocks(
    known_at: datetime, as_of_date: date, usage: tuple[date, date] | None, time_zone: str
) -> Iterator[None]:
    """Tell dbt, for a block, the clocks and which usage days it builds or judges (None: all).

    Days are those of `time_zone`.
    """
    first, last = (usage[0].isoformat(), usage[1].isoformat()) if usage else ("", "")
    variables = {
        "ICP_KNOWN_AT": known_at.strftime("%Y-%m-%d %H:%M:%S"),
        "ICP_AS_OF_DATE": as_of_date.isoformat(),
        "ICP_USAGE_START": first,
        "ICP_USAGE_END": last,
        "ICP_TIME_ZONE": time_zone,
    }
    with environment_set(variables):
        yield


@contextmanager
def environment_set(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables of the environment for a block; what they were comes back after it."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
