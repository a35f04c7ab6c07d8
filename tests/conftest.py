"""Fixtures that several test files share: a warehouse of hand-made rows and dbt run on it."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from raw_world import KNOWN_AT, Row, add_rows, build_raw_world

from dagster_project.resources.dbt import DbtOutcome, run_dbt
from dagster_project.resources.settings import Settings

AS_OF = date(2030, 6, 30)


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

    def build(self, *select: str, command: str = "run", **variables: object) -> DbtOutcome:
        """Build the selected models; every failed node fails the test with its message."""
        outcome = self.dbt(command, "--select", *select, **variables)
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
def dbt_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of dbt's parse, which all worlds of a session share."""
    return tmp_path_factory.mktemp("dbt_state")


@pytest.fixture
def make_world(tmp_path: Path, dbt_state: Path) -> Callable[..., World]:
    """Give a function that builds a `World` from rows per entity and per registry table."""

    def make(
        rows: Mapping[str, Sequence[Row]] | None = None,
        registry: Mapping[str, Sequence[Row]] | None = None,
        ledger: Mapping[str, Sequence[Row]] | None = None,
    ) -> World:
        settings = Settings(icp_home=tmp_path, data_dir=tmp_path, sources_dir=tmp_path)
        state = tmp_path / "dbt"
        if not state.exists():
            state.symlink_to(dbt_state)
        build_raw_world(settings.warehouse, rows or {}, registry, ledger=ledger)
        return World(settings)

    return make
