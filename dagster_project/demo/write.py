"""Writes what has changed since the last export as the files that source systems would deliver."""

import re
import zipfile
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from openpyxl import Workbook

from dagster_project.demo.export_plan import NOW, Export
from dagster_project.demo.exports_crm import CRM_EXPORTS
from dagster_project.demo.exports_operations import OPERATIONS_EXPORTS

EXPORTS: tuple[Export, ...] = (*CRM_EXPORTS, *OPERATIONS_EXPORTS)
#: the CRM's dump of a week before the end: older column name, and rows that vanished since
EARLY_DUMP_DAYS = 7
RENAMED_COLUMN = ("NumberOfEmployees", "Employees__c")
#: Excel files carry times; fixed, so that the same sample has the same bytes
_EXCEL_TIME = datetime(2020, 1, 1)  # noqa: DTZ001 - a property of the file without a zone


def write_exports(
    connection: duckdb.DuckDBPyConnection, sources: Path, last_day: date, since: date | None
) -> dict[str, int]:
    """Write every export as of the end of `last_day`; give rows written per entity.

    `since` is the last day already exported; None writes the whole history.
    """
    start = "-infinity" if since is None else (since + timedelta(days=1)).isoformat()
    connection.execute("set variable since = ?::timestamp", [start])
    rows = {}
    for export in EXPORTS:
        changed = "" if export.mode == "snapshot" else "and _changed >= getvariable('since')"
        connection.execute(
            f"create or replace temp table shown as select * from ({export.sql}) "
            f"where _seen < {NOW} {changed} order by _row"
        )
        rows[export.entity] = _write(connection, sources, export, last_day, since is None)
    return rows


def write_early_dump(connection: duckdb.DuckDBPyConnection, sources: Path, last_day: date) -> int:
    """Write the accounts as of an earlier day, under the column name of that time."""
    export = next(export for export in EXPORTS if export.entity == "crm.accounts")
    new, old = RENAMED_COLUMN
    connection.execute(
        f'create or replace temp table shown as select * rename ("{new}" as "{old}") '
        f"from ({export.sql}) where _seen < {NOW} order by _row"
    )
    return _write(connection, sources, export, last_day, False)


def _write(
    connection: duckdb.DuckDBPyConnection,
    sources: Path,
    export: Export,
    last_day: date,
    is_first: bool,
) -> int:
    cuts = [(last_day.isoformat(), "true")]
    if is_first and export.by_year:
        query = f"select distinct year(_seen) from shown where year(_seen) < {last_day.year}"
        years = sorted(year for (year,) in connection.execute(query).fetchall())
        cuts = [(str(year), f"year(_seen) = {year}") for year in years]
        cuts.append((last_day.isoformat(), f"year(_seen) >= {last_day.year}"))
    total = 0
    for stamp, condition in cuts:
        rows = f"from shown where {condition}"
        body = f"select * exclude (_row, _seen, _changed) {rows} order by _row"
        count = connection.execute(f"select count(*) {rows}").fetchone()
        # the first export of a system that holds nothing yet is a file with a header alone
        is_due = is_first and stamp == last_day.isoformat()
        if not count or not (count[0] or is_due):
            continue
        path = sources / export.path.format(stamp=stamp)
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_file(connection, body, path, export.delimiter)
        total += int(count[0])
    return total


def _write_file(
    connection: duckdb.DuckDBPyConnection, query: str, path: Path, delimiter: str
) -> None:
    if path.suffix == ".parquet":
        table = connection.execute(query).to_arrow_table()
        pq.write_table(table, path, compression="zstd")
    elif path.suffix == ".xlsx":
        result = connection.execute(query)
        header = [column[0] for column in result.description or ()]
        path.write_bytes(_excel(header, result.fetchall(), path.stem.split("_")[0].title()))
    else:
        kind = "json" if path.suffix == ".jsonl" else f"csv, header, delimiter '{delimiter}'"
        target = str(path).replace("'", "''")
        connection.execute(f"copy ({query}) to '{target}' (format {kind})")


def _excel(header: list[str], rows: list[tuple[object, ...]], title: str) -> bytes:
    """Give a workbook of one sheet, byte for byte the same for the same rows."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.append(header)
    for row in rows:
        sheet.append(row)
    raw = BytesIO()
    book.save(raw)
    stamp = _EXCEL_TIME.isoformat() + "Z"
    fixed = BytesIO()
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                times = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
                content = re.sub(times, stamp.encode(), content)
            entry = zipfile.ZipInfo(name, _EXCEL_TIME.timetuple()[:6])
            new.writestr(entry, content, compress_type=zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


def damage_files(sources: Path) -> list[dict[str, object]]:
    """Cut the last line of one file, and save another in an old encoding; say which and how."""
    cut = sorted((sources / "support").glob("ticket_comments_*.jsonl"))[0]
    content = cut.read_bytes()
    line = content.rstrip(b"\n").rsplit(b"\n", 1)[-1]
    cut.write_bytes(content[: -(len(line) // 2 + 1)])
    key = re.search(rb'"id":"(\w+)"', line)
    old = sorted((sources / "crm").glob("leads_*.csv"))[0]
    old.write_bytes(old.read_text(encoding="utf-8").encode("cp1252"))
    # a byte order mark and Windows line ends, as spreadsheets leave them
    marked = sorted((sources / "external").glob("signals_*.csv"))[0]
    text = marked.read_text(encoding="utf-8").replace("\n", "\r\n")
    marked.write_bytes(b"\xef\xbb\xbf" + text.encode())
    return [
        {
            "kind": "truncated_file",
            "entity": "support.ticket_comments",
            "file": cut.relative_to(sources).as_posix(),
            "count": 1,
            "keys": [key.group(1).decode()] if key else [],
        },
        {
            "kind": "wrong_encoding",
            "entity": "crm.leads",
            "file": old.relative_to(sources).as_posix(),
            "count": 1,
            "keys": [],
        },
        {
            "kind": "byte_order_mark",
            "entity": "external.signals",
            "file": marked.relative_to(sources).as_posix(),
            "count": 1,
            "keys": [],
        },
    ]
