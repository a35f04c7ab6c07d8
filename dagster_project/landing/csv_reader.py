"""Delimited text. DuckDB splits the lines; the lines that it rejects are kept with their number."""

import csv
import mmap
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.landing.opened import Relation
from dagster_project.landing.plan import EntityPlan
from dagster_project.landing.results import FileError
from dagster_project.landing.sql_text import literal

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_CHARACTERS = 1 << 16
_SAMPLE_RECORDS = 50


@dataclass
class DelimitedFile:
    """A CSV file whose header was read; every column is text."""

    connection: duckdb.DuckDBPyConnection
    path: Path
    delimiter: str
    columns: tuple[str, ...]
    numeric_columns: frozenset[str] = frozenset()

    def has(self, name: str) -> bool:
        """Tell whether the header has this column."""
        return name in self.columns

    def relation(self, names: Iterable[str]) -> Relation:
        """Give the rows with these columns, in file order; rejected lines go to reject_errors."""
        for table in ("reject_errors", "reject_scans"):
            self.connection.execute(f"drop table if exists {table}")
        types = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(len(self.columns)))
        sql = (
            f"read_csv({literal(str(self.path))}, columns = {{{types}}}, auto_detect = false, "
            f"header = true, delim = {literal(self.delimiter)}, quote = '\"', escape = '\"', "
            "store_rejects = true, rejects_limit = 0)"
        )
        return Relation(sql, {name: f"c{self.columns.index(name)}" for name in names})

    def keep_unparsed(self) -> None:
        """Keep each rejected line once, with its number among the data rows."""
        rejects = self.connection.execute(
            """
            select line, min(byte_position_of_record) as position from (
                select line, line_byte_position
                    + length(csv_line) - length(ltrim(csv_line, chr(10))) as byte_position_of_record
                from reject_errors
            ) as rejected group by line order by line
            """
        ).fetchall()
        if not rejects:
            return
        blanks = _blank_line_offsets(self.path) if len(self.columns) > 1 else []
        # the reader counts the header and blank lines too; a data row is neither
        rows = [line - 1 - sum(blank < at for blank in blanks) for line, at in rejects]
        self.connection.execute(
            """
            insert into landing_unparsed
            select numbered.row_number, min(coalesce(
                'expected ' || nullif(regexp_extract(error_message, 'Columns: (\\d+) Found', 1), '')
                || ' columns, found '
                || nullif(regexp_extract(error_message, 'Found: (\\d+)', 1), ''),
                case error_type
                    when 'UNQUOTED VALUE' then 'a quote is not closed'
                    when 'LINE SIZE OVER MAXIMUM' then 'the line is longer than 2 MB'
                    else lower(error_type)
                end)),
                min(ltrim(csv_line, chr(10)))
            from reject_errors
            inner join (select unnest($lines) as line, unnest($rows) as row_number) as numbered
                on reject_errors.line = numbered.line
            group by numbered.row_number
            """,
            {"lines": [line for line, _ in rejects], "rows": rows},
        )


def open_delimited(
    connection: duckdb.DuckDBPyConnection, plan: EntityPlan, path: Path, name: str
) -> DelimitedFile:
    """Read the header of a UTF-8 text file; raise FileError when it has none."""
    with path.open(encoding="utf-8", newline="") as file:
        sample = file.read(_SAMPLE_CHARACTERS)
        is_whole = not file.read(1)
    lines = sample.splitlines(keepends=True)
    if not is_whole and len(lines) > 1:
        lines.pop()
    delimiter = plan.delimiter or _sniffed_delimiter(lines)
    header = next(iter(csv.reader(lines, delimiter=delimiter)), [])
    if not any(column.strip() for column in header):
        raise FileError(f"{plan.name}: {name} has no header line. Export it with column names.")
    return DelimitedFile(connection, path, delimiter, tuple(header))


def _sniffed_delimiter(lines: list[str]) -> str:
    """Give the delimiter that splits most records into as many fields as the header."""
    best, best_score = ",", (0.0, 1)
    for delimiter in _DELIMITERS:
        records = []
        for record in csv.reader(lines, delimiter=delimiter):
            if record:
                records.append(len(record))
            if len(records) == _SAMPLE_RECORDS:
                break
        if not records or records[0] == 1:
            continue
        score = (sum(width == records[0] for width in records) / len(records), records[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _blank_line_offsets(path: Path) -> list[int]:
    """Give the byte offsets of blank lines that lie outside quotes."""
    offsets: list[int] = []
    is_quoted, checked = False, 0
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for match in re.finditer(rb"\n(?=\n)", content):
            end = match.end()
            is_quoted ^= bool(content[checked:end].count(b'"') % 2)
            checked = end
            if not is_quoted:
                offsets.append(end)
    return offsets
