"""MetricFlow's view of the dbt project: the same models, resolved to the published schema.

MetricFlow reads `target/semantic_manifest.json` under the project and the profile's default target,
and offers no way to name others; so it gets a folder of its own, with links to our models.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from dagster_project.resources.dbt import DBT_PROJECT, code_files, code_hash
from dagster_project.resources.settings import Settings

_LINKED = ("dbt_project.yml", "macros", "models", "seeds", "snapshots", "tests")
_RUN = "from {module} import cli; cli()"


def is_installed() -> bool:
    """Say whether MetricFlow is there: the pipeline itself does without it."""
    return importlib.util.find_spec("dbt_metricflow") is not None


def run_mf(settings: Settings, arguments: Sequence[str]) -> int:
    """Run `mf` on the published database and give its exit code; parse first if need be."""
    folder = prepare_semantic_project(settings)
    return _python("dbt_metricflow.cli.main", arguments, settings, folder)


def prepare_semantic_project(settings: Settings) -> Path:
    """Give the folder that MetricFlow reads, parsed anew only when the dbt project changed.

    Raises RuntimeError when dbt cannot parse the project.
    """
    folder = settings.data_dir / "dbt" / "semantic"
    folder.mkdir(parents=True, exist_ok=True)
    for name in _LINKED:
        link, target = folder / name, DBT_PROJECT / name
        link.unlink(missing_ok=True)
        if target.exists():
            link.symlink_to(target)
    profiles = (DBT_PROJECT / "profiles.yml").read_text(encoding="utf-8")
    (folder / "profiles.yml").write_text(
        profiles.replace("target: duckdb", "target: published"), encoding="utf-8"
    )
    digest = code_hash([DBT_PROJECT / "dbt_project.yml", *code_files(".sql", ".yml")])
    parsed = folder / "target" / "parsed.txt"
    if not parsed.exists() or parsed.read_text(encoding="utf-8") != digest:
        if _python("dbt.cli.main", ["--quiet", "parse"], settings, folder):
            raise RuntimeError("dbt could not parse the semantic layer; its message is above.")
        parsed.write_text(digest, encoding="utf-8")
    return folder


def _python(module: str, arguments: Sequence[str], settings: Settings, folder: Path) -> int:
    """Run a command line of a module in its own process: it would keep our database open."""
    environment = {
        **os.environ,
        "DBT_PROJECT_DIR": str(folder),
        "DBT_PROFILES_DIR": str(folder),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "ICP_PUBLISHED": str(settings.published),
    }
    command = [sys.executable, "-c", _RUN.format(module=module), *arguments]
    return subprocess.run(command, cwd=folder, env=environment, check=False).returncode  # noqa: S603 - our own interpreter
