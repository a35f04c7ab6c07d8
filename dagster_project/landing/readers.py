"""Opens a file of any format. Values come as text: what they mean is decided by `parsing`."""

import datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.landing.csv_reader import open_delimited
from dagster_project.landing.jsonl_reader import open_json_lines
from dagster_project.landing.opened import OpenedFile, TableFile
from dagster_project.landing.plan import EntityPlan
from dagster_project.landing.results import FileError
from dagster_project.landing.sql_text import literal, quoted
from dagster_project.landing.text_files import readable_text

_NUMERIC_TYPES = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "FLOAT",
    "DOUBLE",
    "DECIMAL",
)


def open_file(
    connection: duckdb.DuckDBPyConnection, plan: EntityPlan, path: Path, name: str, work_dir: Path
) -> OpenedFile:
    """Open one file of an entity; raise FileError, with a remedy, when it cannot be read."""
    kind = plan.file_format
    if kind == "parquet":
        return open_parquet(connection, plan, path, name)
    if kind == "excel":
        return _open_excel(connection, plan, path, name)
    readable = readable_text(plan, path, name, work_dir)
    if kind == "jsonl":
        return open_json_lines(connection, plan, readable, name)
    return open_delimited(connection, plan, readable, name)


def open_parquet(
    connection: duckdb.DuckDBPyConnection, plan: EntityPlan, path: Path, name: str
) -> TableFile:
    """Open a Parquet file; typed values become the text that parses back to them."""
    scan = f"read_parquet({literal(str(path))}, hive_partitioning = false, file_row_number = true)"
    try:
        described = connection.execute(f"describe select * from {scan}").fetchall()
    except duckdb.Error as error:
        raise FileError(
            f"{plan.name}: {name} is not a readable Parquet file ({_first_line(error)}). "
            "Export it again."
        ) from error
    types = {row[0]: row[1] for row in described if row[0] != "file_row_number"}
    selected = ", ".join(
        f"cast({quoted(column)} as varchar) as c{index}" for index, column in enumerate(types)
    )
    return TableFile(
        columns=tuple(types),
        sql=f"(select {selected}, file_row_number + 1 as row_in_file from {scan}) as parquet_rows",
        numeric_columns=frozenset(
            column for column, kind in types.items() if kind.startswith(_NUMERIC_TYPES)
        ),
        row_number="row_in_file",
    )


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _open_excel(
    connection: duckdb.DuckDBPyConnection, plan: EntityPlan, path: Path, name: str
) -> TableFile:
    rows = _sheet_rows(plan, path, name)
    filled = [index for index, row in enumerate(rows) if any(cell != "" for cell in row)]
    if not filled:
        raise FileError(f"{plan.name}: {name} is empty, it has not even a header row.")
    header = [_cell_text(cell) or "" for cell in rows[filled[0]]]
    columns = [[rows[index][place] for index in filled[1:]] for place in range(len(header))]
    # imported here: only Excel files need it, and it costs a third of a second
    import pyarrow as pa

    table = pa.table(
        {
            **{
                f"c{place}": pa.array([_cell_text(cell) for cell in cells], pa.string())
                for place, cells in enumerate(columns)
            },
            "row_in_file": pa.array([index - filled[0] for index in filled[1:]], pa.int64()),
        }
    )
    connection.register("landing_sheet", table)
    numeric = {
        header[place]
        for place, cells in enumerate(columns)
        if all(isinstance(cell, int | float) for cell in cells if cell != "")
    }
    return TableFile(tuple(header), "landing_sheet", frozenset(numeric), "row_in_file")


def _sheet_rows(plan: EntityPlan, path: Path, name: str) -> list[list[Any]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError) as error:
        raise FileError(
            f"{plan.name}: {name} is not a readable Excel workbook ({_first_line(error)}). "
            "Save it again as .xlsx without a password."
        ) from error
    sheets = workbook.sheet_names
    sheet = plan.sheet or sheets[0]
    if sheet not in sheets:
        raise FileError(
            f"{plan.name}: {name} has no sheet {sheet!r}; it has {', '.join(sheets)}. "
            "Correct `sheet` in sources.yml."
        )
    return workbook.get_sheet_by_name(sheet).to_python()


def _cell_text(cell: Any) -> str | None:
    """Give a cell as the text that a CSV export would hold; a midnight date has no time."""
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)
