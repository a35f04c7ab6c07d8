"""The contract of a landing target: DuckDB now, a server later, with the same raw tables."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, Self

from dagster_project.landing.plan import EntityPlan
from dagster_project.landing.results import LandingResult


class LandingTarget(Protocol):
    """A database that files are landed in. `known_at` is naive UTC and decided by the caller."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...

    def prepare(self) -> None:
        """Create what is missing of the raw tables, the ledger and `raw_product.events`."""
        ...

    def land(self, plan: EntityPlan, *, run_id: str, known_at: datetime) -> LandingResult:
        """Land all new files of an entity of a source, or none; raise LandingError if one fails."""
        ...

    def land_events(
        self, plans: Sequence[EntityPlan], *, run_id: str, known_at: datetime
    ) -> list[LandingResult]:
        """Land all event sources in one transaction; raise LandingError if a file fails."""
        ...

    def retire_undeclared(
        self, plans: Sequence[EntityPlan], *, run_id: str, known_at: datetime
    ) -> list[LandingResult]:
        """Supersede what was landed for every source and entity that has no plan any more."""
        ...
