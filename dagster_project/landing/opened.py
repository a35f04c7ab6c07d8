"""What every reader gives: the columns of a file and where SQL finds their values as text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Relation:
    """A FROM item, the SQL of each wanted column as text, and the SQL of the row number.

    `row_number` is null where rows are numbered by their order in the relation.
    """

    sql: str
    columns: Mapping[str, str]
    row_number: str | None = None


class OpenedFile(Protocol):
    """One file, header read, rows not yet."""

    #: Names as found in the file, in order.
    columns: tuple[str, ...]
    #: Columns whose cells are numbers already: a declared decimal sign does not concern them.
    numeric_columns: frozenset[str]

    def has(self, name: str) -> bool:
        """Tell whether the file has this column."""
        ...

    def relation(self, names: Iterable[str]) -> Relation:
        """Give the rows with these columns."""
        ...

    def keep_unparsed(self) -> None:
        """Fill `landing_unparsed` (row_number, error, line) once the rows have been read."""
        ...


@dataclass
class TableFile:
    """A file whose rows are already a relation with columns c0, c1, ... in order."""

    columns: tuple[str, ...]
    sql: str
    numeric_columns: frozenset[str] = field(default_factory=frozenset)
    row_number: str | None = None

    def has(self, name: str) -> bool:
        """Tell whether the file has this column."""
        return name in self.columns

    def relation(self, names: Iterable[str]) -> Relation:
        """Give the rows with these columns, each of which the file has once."""
        columns = {name: f"c{self.columns.index(name)}" for name in names}
        return Relation(self.sql, columns, self.row_number)

    def keep_unparsed(self) -> None:
        """Do nothing: in such a file every row is a record."""
