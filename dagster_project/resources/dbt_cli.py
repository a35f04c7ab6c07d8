"""dbt as Dagster runs it: a process of its own, told clocks and folders by the environment."""

import shutil
from collections.abc import Sequence
from importlib.metadata import version

import packaging.version
from dagster_dbt import DagsterDbtProjectPreparer, DbtCliResource, DbtProject
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from dagster_project.resources.dbt import (
    DBT_PROJECT,
    KEPT_PARSE,
    build_folder,
    dagster_folder,
    forget_parse,
    is_dagster_parsed,
)
from dagster_project.resources.dbt_ahead import fetch_parse
from dagster_project.resources.dbt_environment import export_profile
from dagster_project.resources.settings import Settings

#: dbt's log file holds every statement unless told otherwise: 9 MB a run of the sample, not 0.7.
DBT_FLAGS = ["--log-level-file", "info"]


class InstalledDbtCli(DbtCliResource):
    """The dbt command line, its version read from the installed package.

    The parent class starts a whole `dbt --version`, seconds of imports, for each resource.
    """

    @property
    def _cli_version(self) -> packaging.version.Version:
        return packaging.version.parse(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:
        """Make no adapter in this process: dbt would wait two seconds for it.

        The parent class asks it for rows and columns; `table_metadata` reads those from the
        warehouse.
        """


class InstalledDbtPreparer(DagsterDbtProjectPreparer):
    """Makes the manifest with a dbt whose version is known without starting it.

    The parent class also drops the parse of seeds; this project has none.
    """

    def _prepare_manifest(self, project: DbtProject) -> None:
        dbt = InstalledDbtCli(project_dir=project)
        dbt.cli(["parse", "--quiet"], target_path=project.target_path).wait()


def dbt_program() -> str:
    """Give the dbt that takes over a waiting one, or plain dbt where this package is no program."""
    return shutil.which("icp-dbt") or "dbt"


def prepared_project(settings: Settings) -> DbtProject:
    """Give the dbt project with a manifest, parsing it when there is none or dbt files are newer.

    Asset definitions come from the manifest, so loading definitions without one must make it, or
    wait for the dbt that `icp run` has begin with it. It is kept per data folder: dbt parses
    everything again when the warehouse path differs.
    """
    project = DbtProject(
        project_dir=DBT_PROJECT,
        target_path=dagster_folder(settings),
        target=settings.target,
    )
    export_profile(settings)
    if not is_dagster_parsed(settings):
        if not fetch_parse(dagster_folder(settings)):
            _parse(project)
        _hand_over_parse(settings)
    return project


def _parse(project: DbtProject) -> None:
    preparer = InstalledDbtPreparer()
    try:
        preparer.prepare(project)
    except DagsterDbtCliRuntimeError:
        if not forget_parse(DBT_PROJECT / project.target_path):
            raise
        preparer.prepare(project)


def _hand_over_parse(settings: Settings) -> None:
    """Give the build the parse that was just made: another one takes as long as many models."""
    parsed = dagster_folder(settings) / KEPT_PARSE
    if parsed.exists():
        build_folder(settings).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(parsed, build_folder(settings) / KEPT_PARSE)
