"""Where Dagster keeps its history for this deployment, and how its UI is opened."""

import os
import shutil
import sys
from pathlib import Path

from dagster_project.resources.settings import PROJECT_ROOT, Settings


def prepare_dagster_home(settings: Settings) -> Path:
    """Make the instance folder with our dagster.yaml, and point DAGSTER_HOME to it if unset."""
    home = Path(os.environ.get("DAGSTER_HOME") or settings.data_dir / "dagster")
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        shutil.copyfile(PROJECT_ROOT / "dagster_project" / "dagster.yaml", home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def open_dagster(settings: Settings, port: int) -> None:
    """Replace this process by `dagster dev`, which finds the project through workspace.yaml."""
    prepare_dagster_home(settings)
    os.chdir(PROJECT_ROOT)
    dagster = str(Path(sys.executable).parent / "dagster")
    os.execv(dagster, [dagster, "dev", "--port", str(port)])  # noqa: S606 - our own program
