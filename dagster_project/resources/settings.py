"""The one place that reads the environment: where definitions, sources and data live.

Secrets of later connectors are read here too; nothing else in the project touches `os.environ`.
"""

import os
from dataclasses import dataclass
from pathlib import Path

#: The engines that a run can build on; the first is the default.
TARGETS = ("duckdb", "postgres")
PROJECT_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Settings:
    """Folders of one deployment. `from_environment` is how every entry point makes one."""

    icp_home: Path
    data_dir: Path
    sources_dir: Path
    #: The engine that holds the warehouse, and the dbt target of that name.
    target: str = "duckdb"

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read ICP_HOME, ICP_DATA_DIR, ICP_SOURCES and ICP_TARGET; defaults under the project root.

        Each definitions folder other than `icp/` gets a data folder of its own, so that two
        companies never share a warehouse by accident; so does each engine other than DuckDB.
        """
        home = Path(os.environ.get("ICP_HOME") or PROJECT_ROOT / "icp").resolve()
        default_data = PROJECT_ROOT / "data"
        if home != PROJECT_ROOT / "icp":
            default_data = default_data / home.name
        data = Path(os.environ.get("ICP_DATA_DIR") or default_data).resolve()
        sources = Path(os.environ.get("ICP_SOURCES") or data / "sources").resolve()
        target = os.environ.get("ICP_TARGET") or TARGETS[0]
        if target not in TARGETS:
            raise ValueError(f"ICP_TARGET is {target!r}; it may be {' or '.join(TARGETS)}.")
        if target != TARGETS[0]:
            data = data / target
        return cls(icp_home=home, data_dir=data, sources_dir=sources, target=target)

    @property
    def warehouse(self) -> Path:
        """Give the build database: one writer, no readers."""
        return self.data_dir / "warehouse.duckdb"

    @property
    def state(self) -> Path:
        """Give the database that outlives every rebuild."""
        return self.data_dir / "state.duckdb"

    @property
    def published(self) -> Path:
        """Give the only database that readers may open."""
        return self.data_dir / "published" / "icp.duckdb"

    @property
    def published_place(self) -> str:
        """Say where readers find what is published."""
        if self.target == "postgres":
            return f"schema published of the Postgres server (a copy: {self.published})"
        return str(self.published)

    @property
    def lake(self) -> Path:
        """Give the folder of event files that landing converted to date-partitioned Parquet."""
        return self.data_dir / "lake" / "events"

    @property
    def lock(self) -> Path:
        """Give the file whose lock a run holds from its first write to its last."""
        return self.data_dir / "run.lock"


def choose_target(target: str) -> None:
    """Make `target` the engine of this process and of those it starts; "" leaves ICP_TARGET."""
    if target:
        os.environ["ICP_TARGET"] = target


def notification_url() -> str:
    """Give the webhook that is told of failed runs; empty when there is none. A secret."""
    return os.environ.get("ICP_NOTIFY_URL", "")
