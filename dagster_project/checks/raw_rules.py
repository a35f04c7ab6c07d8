"""The rules of the raw edge: which measure, how much of it is allowed, what to do about more.

Measures are named as in `raw_measures`, tolerances as in `sources.yml`.
"""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["critical", "warning"]

#: As users know the file; their definitions folder may have another name.
SOURCES_FILE = "sources.yml"


@dataclass(frozen=True)
class RawRule:
    """One upper limit. `limit` is a number, or the name of the tolerance that holds it.

    `remedy` may name {entity}: the entity as written in `sources.yml`.
    """

    measure: str
    limit: float | str
    what: str
    remedy: str
    severity: Severity = "critical"


#: Judged for every source and entity, from the landing ledger and the relation's columns.
LANDING_RULES: tuple[RawRule, ...] = (
    RawRule(
        "failed_loads",
        0,
        "files that could not be loaded are",
        f"Mend the file, or its mapping in {SOURCES_FILE} (a renamed column: add its new name"
        " under {entity}: columns: <column>: from), then run again.",
    ),
    RawRule(
        "empty_files",
        0,
        "files without a row are",
        "Export the file again, or remove it from the sources folder. If it may be empty, set"
        f" min_rows: 0 in the tolerances of {{entity}} in {SOURCES_FILE}.",
    ),
    RawRule(
        "skipped_files",
        0,
        "full dumps that were found and not read are",
        "Dumps are read in the order of their names: name the newest so that it sorts last.",
        severity="warning",
    ),
    RawRule(
        "field_error_rate",
        "field_error_rate",
        "largest share of unreadable values in a column is",
        "The column's type or format changed: mend the export, or the column's mapping (decimal,"
        f" date_order, map) under {{entity}} in {SOURCES_FILE}.",
    ),
    RawRule(
        "missing_columns",
        0,
        "columns of the raw table that are missing are",
        "Add the columns to the table (empty ones will do), or let landing create it.",
    ),
    RawRule(
        "wrong_types",
        0,
        "columns of another type than agreed are",
        "Cast the columns where the table is made, or drop it and let landing create it.",
    ),
)

#: Judged where the relation exists, from its rows and those behind the published version.
ROW_RULES: tuple[RawRule, ...] = (
    RawRule(
        "drop_rate",
        "max_drop_rate",
        "share of rows lost since the last publication is",
        "Check that the export is complete. If so many rows are truly gone, raise max_drop_rate in"
        f" the tolerances of {{entity}} in {SOURCES_FILE} for one run.",
    ),
    RawRule(
        "emptied_rate",
        "max_drop_rate",
        "largest share of a column's values lost since the last publication is",
        "The column was probably renamed at the source: add its new name under {entity}: columns:"
        " <column>: from. If the values are truly gone, raise max_drop_rate for one run.",
    ),
    RawRule(
        "null_key_rate",
        "rejected_rate",
        "share of rows without a key is",
        "Mend the export or map the key column; rejected_rate in the tolerances of {entity} in"
        f" {SOURCES_FILE} is the share allowed.",
    ),
    RawRule(
        "duplicate_rate",
        "duplicate_rate",
        "share of rows that repeat a key is",
        "Remove the repeated rows at the source (a join in the export?); duplicate_rate in the"
        f" tolerances of {{entity}} in {SOURCES_FILE} is the share allowed.",
    ),
)
