"""The expectations that `mart_rules` stand for, one function per kind of rule."""

from typing import TYPE_CHECKING

from dagster_project.checks.expectations import limited, note
from dagster_project.checks.mart_rules import MartRules, Range
from dagster_project.checks.tolerances import Declared

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

#: A published row count that moves by more than these shares (down, up) is worth a look.
NOTABLE_CHANGE = (-0.2, 1.0)
#: Of a mart that had fewer rows, a share says little: only the error threshold counts.
SMALL_MART = 50

TRACE = "Follow the relation upstream in dbt; the published version is untouched."


def no_nulls(column: str) -> "Expectation":
    """Expect a key column without nulls."""
    meta = note(f"not_null__{column}", f"rows without {column} are", TRACE, counts_rows=True)
    return limited(f"{column}.null_count", meta, high=0)


def within(column: str, bound: str, limits: Range) -> "Expectation":
    """Expect the smallest (`min_number`) or largest (`max_number`) value inside limits."""
    words = "smallest" if bound == "min_number" else "largest"
    meta = note(f"range__{column}__{words}", f"{words} {column} is", TRACE)
    return limited(f"{column}.{bound}", meta, low=limits[0], high=limits[1])


def has_rows(input_rows: int) -> "Expectation":
    """Expect rows where the inputs have some."""
    remedy = f"Its inputs have rows ({input_rows:,}): rejected_rows says why none came through."
    meta = note("not_empty", "rows are", remedy)
    return limited("row_count", meta, low=1 if input_rows else 0)


def row_changes(
    rules: MartRules, rows: int, before: int, declared: Declared
) -> list["Expectation"]:
    """Expect about as many rows as were published: no fall past tolerance, no notable change.

    Where no source declares an input of the mart any more its owner took them out: that is notable.
    """
    what = "change of the row count since the published version, as a share of it, is"
    detail = f"{rows:,} rows now, {before:,} published"
    expectations = []
    if declared.declares(rules.inputs):
        remedy = (
            f"Check the export of {', '.join(rules.inputs)}; if the rows are truly gone, raise"
            " max_drop_rate in its tolerances in sources.yml for one run."
        )
        meta = note("row_count_drop", what, remedy, detail=detail)
        limit = declared.widest(rules.inputs, "max_drop_rate")
        expectations.append(limited("row_change", meta, low=-limit))
    if before >= SMALL_MART:
        low, high = NOTABLE_CHANGE
        meta = note("row_count_change", what, "Make sure that you expected it.", detail=detail)
        expectations.append(limited("row_change", meta, low=low, high=high, severity="warning"))
    return expectations
