"""Conditions on one attribute: the grammar that criteria, disqualifiers and segments share."""

from typing import Annotated, Literal

from pydantic import Field

from dagster_project.icp.catalogue import Dimension
from dagster_project.icp.fields import Definition, Slug, Text, plain_text

Operator = Literal["in", "not_in", "between", "otherwise"]
ListedValue = bool | int | float | Text


class Condition(Definition):
    """A test of one attribute: `in`, `not_in`, or a range from `at_least` to just `below`."""

    attribute: Text
    in_: Annotated[
        tuple[ListedValue, ...] | None,
        Field(alias="in", min_length=1, description="The value is one of these"),
    ] = None
    not_in: Annotated[
        tuple[ListedValue, ...] | None,
        Field(min_length=1, description="The value is known and none of these"),
    ] = None
    at_least: Annotated[float | None, Field(description="Lower bound, included")] = None
    below: Annotated[float | None, Field(description="Upper bound, excluded")] = None

    @property
    def operator(self) -> Operator:
        """Name the operator as `icp_registry` stores it."""
        if self.in_ is not None:
            return "in"
        return "not_in" if self.not_in is not None else "between"

    @property
    def values(self) -> tuple[str, ...]:
        """Give the listed values as SQL compares them, sorted, each once."""
        return tuple(sorted({plain_text(value) for value in self.in_ or self.not_in or ()}))


class Criterion(Condition):
    """One reason why an account fits, worth `points` when it is met."""

    criterion_id: Slug
    label: Text | None = None
    dimension: Dimension
    points: Annotated[float, Field(description="Given when the criterion is met; never negative")]
    required: bool = False
    provenance: Literal["assumed", "data_derived"]
    support: Annotated[
        int | None, Field(ge=0, description="Accounts behind a data-derived criterion")
    ] = None


class Disqualifier(Condition):
    """A gate: an account that meets it is tier X, whatever its points."""

    disqualifier_id: Slug
    label: Text | None = None


class Tiers(Definition):
    """The fewest points of each tier. D is the rest."""

    A: float
    B: float
    C: float
    D: float = 0
