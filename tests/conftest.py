"""Fixtures that several test files share: a warehouse of hand-made rows and dbt run on it."""

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from filelock import FileLock

sys.path.insert(0, str(Path(__file__).parent))

from raw_world import KNOWN_AT, Row, add_rows, build_raw_world

from dagster_project.resources.dbt import KEPT_PARSE, DbtOutcome, parse_project, run_dbt
from dagster_project.resources.garbage import search_seldom
from dagster_project.resources.settings import Settings

AS_OF = date(2030, 6, 30)

search_seldom()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest file. It parses for itself: nobody waits for the shared parse."""
    items.sort(key=lambda item: item.path.name != "test_pipeline.py")


@dataclass
class World:
    """One small warehouse. `build` runs dbt on it, `query` reads it, `add` lands more rows."""

    settings: Settings
    known_at: datetime = KNOWN_AT
    as_of_date: date = AS_OF

    def dbt(self, *args: str, **variables: object) -> DbtOutcome:
        """Run dbt and give whatever came of it."""
        return run_dbt(
            args,
            settings=self.settings,
            known_at=self.known_at,
            as_of_date=self.as_of_date,
            extra_vars=variables,
        )

    def build(self, *select: str, tests: bool = False, **variables: object) -> DbtOutcome:
        """Build the selected models and snapshots, with the data tests that need nothing else.

        Every failed node fails the test with its message.
        """
        kinds = ["model", "snapshot", *(["test"] if tests else [])]
        flags = [word for kind in kinds for word in ("--resource-type", kind)]
        outcome = self.dbt(
            "build", *flags, "--indirect-selection", "cautious", "--select", *select, **variables
        )
        failed = [f"{node.name}: {node.message}" for node in outcome.failed]
        assert outcome.success, outcome.error or "\n".join(failed)
        return outcome

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Read rows of the warehouse."""
        with duckdb.connect(str(self.settings.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def execute(self, sql: str) -> None:
        """Change the warehouse, as a later load would."""
        with duckdb.connect(str(self.settings.warehouse)) as connection:
            connection.execute(sql)

    def add(self, rows: Mapping[str, Sequence[Row]]) -> None:
        """Land more rows."""
        with duckdb.connect(str(self.settings.warehouse)) as connection:
            add_rows(connection, rows, self.known_at)


@pytest.fixture(scope="session")
def dbt_state(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Give the folder of dbt's parse, which all worlds of a session share.

    Workers write folders of their own; the first to come parses for all of them.
    """
    folder = tmp_path_factory.mktemp("dbt_state")
    shared = tmp_path_factory.getbasetemp().parent if worker_id != "master" else folder
    with FileLock(shared / "dbt_parse.lock"):
        if (shared / KEPT_PARSE).exists():
            shutil.copyfile(shared / KEPT_PARSE, folder / KEPT_PARSE)
        settings = Settings(icp_home=folder, data_dir=folder, sources_dir=folder)
        (folder / "dbt").symlink_to(folder)
        outcome = parse_project(settings)
        assert outcome.success, outcome.error
        if shared != folder:
            shutil.copyfile(folder / KEPT_PARSE, shared / KEPT_PARSE)
    return folder


@pytest.fixture(scope="session")
def make_world(tmp_path_factory: pytest.TempPathFactory, dbt_state: Path) -> Callable[..., World]:
    """Give a function that builds a `World`, in a folder of its own, from rows per table."""

    def make(
        rows: Mapping[str, Sequence[Row]] | None = None,
        registry: Mapping[str, Sequence[Row]] | None = None,
        ledger: Mapping[str, Sequence[Row]] | None = None,
    ) -> World:
        folder = tmp_path_factory.mktemp("world")
        settings = Settings(icp_home=folder, data_dir=folder, sources_dir=folder)
        (folder / "dbt").symlink_to(dbt_state)
        build_raw_world(settings.warehouse, rows or {}, registry, ledger=ledger)
        return World(settings)

    return make
