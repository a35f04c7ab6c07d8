"""What each entity of each source may lose before a run is stopped, as its owner declared it."""

from dataclasses import dataclass

import duckdb

from dagster_project.icp.entities import ENTITIES
from dagster_project.icp.sources import Tolerances

#: Set in place of an entity on a rule that is about a whole source.
WHOLE_SOURCE = "*"


@dataclass(frozen=True)
class Declared:
    """The tolerances of all sources: thresholds by (source, entity, rule)."""

    thresholds: dict[tuple[str, str, str], float]

    def of(self, source: str, entity: str, rule: str) -> float:
        """Give a threshold; the default of `Tolerances` where nothing was declared."""
        default = Tolerances.model_fields[rule].default
        return float(self.thresholds.get((source, entity, rule), default))

    def freshness(self, source: str) -> tuple[float | None, float | None]:
        """Give the hours after which a source is late (warn) and stale (error), where declared."""
        return (
            self.thresholds.get((source, WHOLE_SOURCE, "freshness_warn_after_hours")),
            self.thresholds.get((source, WHOLE_SOURCE, "freshness_error_after_hours")),
        )

    def widest(self, entities: tuple[str, ...], rule: str) -> float:
        """Give the largest threshold that any source declared for any of `entities`."""
        declared = [
            threshold
            for (_, entity, name), threshold in self.thresholds.items()
            if name == rule and entity in entities
        ]
        return max(declared, default=float(Tolerances.model_fields[rule].default))

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Give every declared (source, entity), sorted."""
        return sorted({(s, e) for s, e, _ in self.thresholds if e in ENTITIES})

    @property
    def sources(self) -> list[str]:
        """Give every source with a declared freshness, sorted."""
        return sorted({s for s, _, rule in self.thresholds if rule.startswith("freshness_")})


def read_tolerances(connection: duckdb.DuckDBPyConnection) -> Declared:
    """Read `icp_registry.tolerances`."""
    rows = connection.execute(
        "select source, entity, rule, threshold from icp_registry.tolerances"
        " where threshold is not null"
    ).fetchall()
    return Declared({(source, entity, rule): value for source, entity, rule, value in rows})
