"""The one place that reads the environment: where definitions, sources and data live.

Secrets of later connectors are read here too; nothing else in the project touches `os.environ`.
"""

import os
from dataclasses import dataclass
from pathlib import Path

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
        """Read ICP_HOME, ICP_DATA_DIR and ICP_SOURCES; give defaults under the project root.

        Each definitions folder other than `icp/` gets a data folder of its own, so that two
        companies never share a warehouse by accident.
        """
        home = Path(os.environ.get("ICP_HOME") or PROJECT_ROOT / "icp").resolve()
        default_data = PROJECT_ROOT / "data"
        if home != PROJECT_ROOT / "icp":
            default_data = default_data / home.name
        data = Path(os.environ.get("ICP_DATA_DIR") or default_data).resolve()
        sources = Path(os.environ.get("ICP_SOURCES") or data / "sources").resolve()
        return cls(icp_home=home, data_dir=data, sources_dir=sources)

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
    def lake(self) -> Path:
        """Give the folder of event files that landing converted to date-partitioned Parquet."""
        return self.data_dir / "lake" / "events"

    @property
    def lock(self) -> Path:
        """Give the file whose lock a run holds from its first write to its last."""
        return self.data_dir / "run.lock"


def notification_url() -> str:
    """Give the webhook that is told of failed runs; empty when there is none. A secret."""
    return os.environ.get("ICP_NOTIFY_URL", "")
