"""How one entity leaves the sample company: its file, its format, and the SQL that shows a day.

The SQL reads the planned tables and two variables: `now` (midnight after the day shown) and
`vanish_at`. Every statement gives `_row` (order in the file) and `_changed` (when the row last
changed, before `now`), which are not written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

NOW = "getvariable('now')"


@dataclass(frozen=True)
class Export:
    """One entity's export. `path` holds `{stamp}`: a day, or a year of history.

    A snapshot is written whole every time; a delta holds rows changed since the last export. With
    `by_year` the first export is cut into one file per year of `_seen`.
    """

    entity: str
    path: str
    mode: Literal["snapshot", "delta"]
    sql: str
    by_year: bool = False
    delimiter: str = ","


def relabel(column: str, labels: Mapping[str, str]) -> str:
    """Give the SQL that turns our words into the vendor's."""
    cases = " ".join(f"when '{word}' then '{label}'" for word, label in labels.items())
    return f"case {column} {cases} else {column} end"


def iso(column: str) -> str:
    """Give the SQL of a timestamp as 2026-06-30 14:05:00."""
    return f"strftime({column}, '%Y-%m-%d %H:%M:%S')"


def iso_day(column: str) -> str:
    """Give the SQL of a day as 2026-06-30."""
    return f"strftime({column}, '%Y-%m-%d')"


def zulu(column: str) -> str:
    """Give the SQL of a timestamp as 2026-06-30T14:05:00Z."""
    return f"strftime({column}, '%Y-%m-%dT%H:%M:%SZ')"


def dotted(column: str) -> str:
    """Give the SQL of a day as 30.06.2026."""
    return f"strftime({column}, '%d.%m.%Y')"


def comma(column: str) -> str:
    """Give the SQL of a number with a decimal comma and no thousands sign."""
    return f"replace(cast({column} as decimal(18, 2))::varchar, '.', ',')"


def known(column: str) -> str:
    """Give the SQL of a time that is shown only once it has come."""
    return f"case when {column} < {NOW} then {column} end"
