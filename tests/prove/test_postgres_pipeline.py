"""The whole pipeline on Postgres, through the commands a user types, against DuckDB's rows."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pytest
from definition_folder import DefinitionFolder
from engine_rows import table_difference, tables_of
from postgres_server import running_server

from dagster_project.demo import create_sample
from dagster_project.resources.dbt import run_dbt
from dagster_project.resources.postgres import attach_server, run_on_server
from dagster_project.resources.postgres_exchange import shown_version
from dagster_project.resources.settings import PROJECT_ROOT, Settings

pytestmark = pytest.mark.prove

#: Its clocks change, and in UTC no time is moved to its day at all.
ZONE = "America/New_York"


@dataclass
class Deployment:
    """A data folder whose warehouse is built on a server of its own."""

    settings: Settings
    folder: Path

    def icp(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "dagster_project.cli.app", *arguments],
            cwd=PROJECT_ROOT,
            env=os.environ | {"DAGSTER_HOME": str(self.folder / "dagster")},
            capture_output=True,
            text=True,
            check=False,
        )

    def query(self, sql: str) -> list[tuple]:
        """Read what the server shows."""
        with duckdb.connect(":memory:") as connection:
            attach_server(connection, "server", read_only=True)
            return connection.execute(sql).fetchall()

    def differences(self) -> list[str]:
        """Build the same landed rows on DuckDB and say where what the server shows differs."""
        local = replace(self.settings, data_dir=self.folder / "duckdb", target="duckdb")
        earlier = local.warehouse.with_suffix(".earlier")
        local.data_dir.mkdir(exist_ok=True)
        if local.warehouse.exists():
            local.warehouse.replace(earlier)
        shutil.copyfile(self.settings.warehouse, local.warehouse)
        with duckdb.connect(str(local.warehouse)) as connection:
            for schema in ("marts", "activation", "intermediate"):
                connection.execute(f"drop schema if exists {schema} cascade")
            if earlier.exists():
                # what accounts looked like on earlier days is kept by each engine itself
                connection.execute(f"attach '{earlier}' as earlier (read_only)")
                connection.execute("create schema snapshots")
                for name in tables_of(connection, "earlier", "snapshots"):
                    connection.execute(
                        f"create table snapshots.{name} as from earlier.snapshots.{name}"
                    )
                connection.execute("detach earlier")
            known_at, as_of_date = connection.execute(
                "select known_at, as_of_date from audit.builds order by build_number desc"
            ).fetchall()[0]
        kinds = ("--resource-type", "model", "--resource-type", "snapshot")
        outcome = run_dbt(
            ["build", "--full-refresh", *kinds],
            settings=local,
            known_at=known_at,
            as_of_date=as_of_date,
            extra_vars={"time_zone": ZONE},
        )
        assert outcome.success, outcome.error or outcome.failed
        with duckdb.connect(":memory:") as connection:
            connection.execute("set TimeZone = 'UTC'")
            attach_server(connection, "server", read_only=True)
            connection.execute(f"attach '{local.warehouse}' as warehouse (read_only)")
            pairs = [
                (f"warehouse.{schema}.{name}", f"server.published.{name}")
                for schema in ("marts", "activation")
                for name in tables_of(connection, "warehouse", schema)
            ]
            assert len(pairs) > 20
            found = [table_difference(connection, *pair) for pair in pairs]
        return [difference for difference in found if difference]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("postgres")
    definitions = DefinitionFolder(Path(shutil.copytree(PROJECT_ROOT / "icp", folder / "icp")))
    definitions.edit("company.yml", "\ntime_zone: UTC", f"\ntime_zone: {ZONE}")
    settings = Settings(
        definitions.home, folder / "data" / "postgres", folder / "sources", target="postgres"
    )
    create_sample(
        settings.sources_dir,
        folder / "data" / "answer_key.json",
        accounts=400,
        months=15,
        events=30_000,
    )
    with running_server(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("ICP_TARGET", "postgres")
        patch.setenv("ICP_HOME", str(settings.icp_home))
        patch.setenv("ICP_DATA_DIR", str(folder / "data"))
        patch.setenv("ICP_SOURCES", str(settings.sources_dir))
        yield Deployment(settings, folder)


def test_first_run_publishes_on_the_server_what_duckdb_would(deployment: Deployment) -> None:
    run = deployment.icp("run", "--target", "postgres")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "schema published of the Postgres server" in run.stdout.replace("\n", " ")
    assert deployment.differences() == []


def test_a_new_day_is_built_and_shown(deployment: Deployment) -> None:
    before = shown_version(deployment.settings)
    assert deployment.icp("demo", "advance", "--days", "1").returncode == 0
    run = deployment.icp("run", "--target", "postgres")
    assert run.returncode == 0, run.stdout + run.stderr
    assert shown_version(deployment.settings) != before
    assert deployment.differences() == []
    causes = deployment.query("select cause from server.published.restatements")
    # the day brings rows that belong to months already published
    assert ("late_data",) in causes


def test_a_failed_audit_leaves_what_readers_of_the_server_see(deployment: Deployment) -> None:
    before = shown_version(deployment.settings)
    assert before is not None
    twice = "insert into marts.dim_accounts select * from marts.dim_accounts limit 1"
    with duckdb.connect(":memory:") as connection:
        attach_server(connection, "server")
        run_on_server(connection, twice)
    refused = deployment.icp("publish", "--target", "postgres")
    assert refused.returncode == 1, refused.stdout + refused.stderr
    assert shown_version(deployment.settings) == before
    assert deployment.icp("status", "--target", "postgres").returncode == 1


def test_an_earlier_version_can_be_put_back_on_the_server(deployment: Deployment) -> None:
    before = shown_version(deployment.settings)
    back = deployment.icp("publish", "--rollback", "--target", "postgres")
    assert back.returncode == 0, back.stdout + back.stderr
    after = shown_version(deployment.settings)
    assert after is not None and before is not None and after < before
