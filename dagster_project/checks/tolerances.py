"""What each entity of each source may lose before a run is stopped, as its owner declared it."""

from dataclasses import dataclass

import duckdb

from dagster_project.icp.entities import ENTITIES
from dagster_project.icp.sources import Tolerances

#: A rule about a whole source stands in the registry beside this in place of an entity.
WHOLE_SOURCE = "*"
_FRESHNESS = "freshness_hours"


@dataclass(frozen=True)
class Declared:
    """The tolerances of all sources.

    `thresholds` are by (source, entity, rule), `freshness` are hours by (source, severity).
    """

    thresholds: dict[tuple[str, str, str], float]
    freshness: dict[tuple[str, str], float]

    def of(self, source: str, entity: str, rule: str) -> float:
        """Give a threshold; the default of `Tolerances` where nothing was declared."""
        default = Tolerances.model_fields[rule].default
        return float(self.thresholds.get((source, entity, rule), default))

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

    def declares(self, entities: tuple[str, ...]) -> bool:
        """Say whether a source declares any of `entities`."""
        return any(entity in entities for _, entity in self.pairs)

    @property
    def dated_sources(self) -> list[str]:
        """Give every source with a declared freshness, sorted."""
        return sorted({source for source, _ in self.freshness})


def read_tolerances(connection: duckdb.DuckDBPyConnection) -> Declared:
    """Read `icp_registry.tolerances`."""
    rows = connection.execute(
        "select source, entity, rule, threshold, severity from icp_registry.tolerances"
        " where threshold is not null"
    ).fetchall()
    thresholds = {(s, e, rule): value for s, e, rule, value, _ in rows if e != WHOLE_SOURCE}
    freshness = {
        (source, severity): value
        for source, entity, rule, value, severity in rows
        if entity == WHOLE_SOURCE and rule == _FRESHNESS
    }
    return Declared(thresholds, freshness)
