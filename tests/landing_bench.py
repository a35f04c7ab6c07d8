"""A small sources folder and a warehouse, for the tests of landing."""

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dagster_project.icp.entities import ENTITIES
from dagster_project.landing.plan import ColumnPlan, EntityPlan
from dagster_project.landing.results import LandingResult
from dagster_project.resources.landing_duckdb import DuckDBLanding


def at(text: str) -> datetime:
    """A moment in naive UTC."""
    return datetime.fromisoformat(text)


START = at("2024-07-01 06:00:00")


@cache
def _prepared_warehouse() -> bytes:
    """An empty warehouse, made once: creating its tables takes longer than most tests."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "warehouse.duckdb"
        with DuckDBLanding(path, Path(folder), Path(folder), threads=1) as target:
            target.prepare()
        return path.read_bytes()


class LandingBench:
    """Writes source files, lands them one run a day, and shows what is held."""

    def __init__(self, folder: Path) -> None:
        self.sources = folder / "sources"
        self.sources.mkdir()
        self.lake = folder / "lake"
        warehouse = folder / "warehouse.duckdb"
        warehouse.write_bytes(_prepared_warehouse())
        self.target = DuckDBLanding(warehouse, self.sources, self.lake, threads=1)
        self.runs = 0

    def __enter__(self) -> "LandingBench":
        self.target.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self.target.__exit__(*exception)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.sources / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    @property
    def known_at(self) -> datetime:
        return START + timedelta(days=self.runs)

    def land(self, plan: EntityPlan) -> LandingResult:
        self.runs += 1
        return self.target.land(plan, run_id=f"run_{self.runs}", known_at=self.known_at)

    def land_events(self, *plans: EntityPlan) -> list[LandingResult]:
        self.runs += 1
        return self.target.land_events(plans, run_id=f"run_{self.runs}", known_at=self.known_at)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.target.connection.execute(sql).fetchall()


def plan_of(entity: str, path: str, **settings: Any) -> EntityPlan:
    """A plan of source `harbor_crm`; columns may be given as source names."""
    columns = {
        name: column if isinstance(column, ColumnPlan) else ColumnPlan((column,))
        for name, column in settings.pop("columns", {}).items()
    }
    source = settings.pop("source", "harbor_crm")
    return EntityPlan(source, ENTITIES[entity], path, columns=columns, **settings)
