"""One file as typed rows in temporary tables, before anything permanent is touched.

- `landing_text`: `t_<column>` and `m_<column>` texts of the records, in file order
- `landing_records`: `_row`, the entity's columns typed, `_parse_errors`, `_row_hash`, `_place`
- `landing_unparsed`: lines that are not a record
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from dagster_project.landing.mapping import ResolvedMapping, resolve
from dagster_project.landing.masking import masked_value
from dagster_project.landing.opened import OpenedFile, Relation
from dagster_project.landing.parsing import ParsedColumn, gather_evidence, parsed_column
from dagster_project.landing.plan import EntityPlan
from dagster_project.landing.readers import open_file
from dagster_project.landing.results import FileError
from dagster_project.landing.sql_text import literal
from dagster_project.landing.tables import SQL_TYPES

#: What reading a file leaves behind.
READ_TABLES = ("landing_text", "landing_records", "landing_unparsed")
#: Beyond this share of unreadable lines the file is not what it is taken for.
_MAX_UNPARSED_SHARE = 0.5
#: A record of more lines that cannot be read is many records, behind a quote that nobody closed.
_MAX_UNPARSED_LINES = 10


@dataclass(frozen=True)
class ReadFile:
    """What was read into the temporary tables."""

    rows_parsed: int
    rows_unparsed: int
    source_columns: tuple[str, ...]
    unmapped_columns: tuple[str, ...]
    parsed: Mapping[str, ParsedColumn]
    minutes_columns: frozenset[str]
    max_occurred: datetime | None

    @property
    def rows_read(self) -> int:
        """Give the data lines of the file."""
        return self.rows_parsed + self.rows_unparsed


def read_records(
    connection: duckdb.DuckDBPyConnection,
    plan: EntityPlan,
    path: Path,
    name: str,
    *,
    known_at: datetime,
    work_dir: Path,
) -> ReadFile:
    """Read, map and type one file; raise FileError, with a remedy, when that is impossible."""
    connection.execute(
        "create or replace temp table landing_unparsed "
        "(row_number bigint, error varchar, line varchar)"
    )
    opened = open_file(connection, plan, path, name, work_dir)
    resolved = resolve(plan, opened, name)
    relation = opened.relation(resolved.source_names)
    try:
        rows_parsed = _read_text(connection, resolved, relation)
        opened.keep_unparsed()
    except duckdb.Error as error:
        raise FileError(
            f"{plan.name}: {name} cannot be read ({str(error).splitlines()[0]}). "
            "Check its delimiter and quoting, or export it again."
        ) from error
    rows_unparsed = _count(connection, "landing_unparsed")
    _refuse_mostly_unparsed(plan, name, opened, rows_parsed, rows_unparsed)
    _refuse_swallowed(connection, plan, name)
    numbered = _numbered_text(relation, has_gaps=rows_unparsed > 0)
    parsed = _type_records(connection, plan, resolved, numbered)
    return ReadFile(
        rows_parsed=rows_parsed,
        rows_unparsed=rows_unparsed,
        source_columns=opened.columns,
        unmapped_columns=resolved.unmapped,
        parsed=parsed,
        minutes_columns=frozenset(
            mapped.column.name for mapped in resolved.columns if mapped.plan.plus_minutes
        ),
        max_occurred=_max_occurred(connection, plan, known_at),
    )


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0


def _read_text(
    connection: duckdb.DuckDBPyConnection, resolved: ResolvedMapping, relation: Relation
) -> int:
    selected = [f"{relation.row_number or 'null'} as row_number"]
    for mapped in resolved.columns:
        selected.append(f"{mapped.text(relation.columns)} as t_{mapped.column.name}")
        minutes = mapped.minutes(relation.columns)
        if minutes is not None:
            selected.append(f"{minutes} as m_{mapped.column.name}")
    connection.execute(
        f"create or replace temp table landing_text as select {', '.join(selected)} "
        f"from {relation.sql}"
    )
    return _count(connection, "landing_text")


def _refuse_mostly_unparsed(
    plan: EntityPlan, name: str, opened: OpenedFile, parsed: int, unparsed: int
) -> None:
    if unparsed <= _MAX_UNPARSED_SHARE * (parsed + unparsed):
        return
    raise FileError(
        f"{plan.name}: {unparsed} of {parsed + unparsed} lines of {name} do not fit its "
        f"{len(opened.columns)} columns. Check `delimiter` in sources.yml and the quoting."
    )


def _refuse_swallowed(connection: duckdb.DuckDBPyConnection, plan: EntityPlan, name: str) -> None:
    """Refuse a file of which one unreadable record holds many: each of them would go uncounted."""
    found = connection.execute(
        f"""
        select row_number from landing_unparsed
        where length(line) - length(replace(line, chr(10), '')) > {_MAX_UNPARSED_LINES}
        order by row_number limit 1
        """
    ).fetchone()
    if found:
        raise FileError(
            f"{plan.name}: a quote in row {found[0]} of {name} is not closed, so that the rows"
            " after it are taken for one value. Close the quote, or write it twice if it is part"
            " of the text, or export the file again."
        )


def _numbered_text(relation: Relation, *, has_gaps: bool) -> str:
    """Give the text rows with `_place` (their order) and `_row` (their number in the file)."""
    if relation.row_number is not None:
        return "select rowid as _place, row_number as _row, * from landing_text"
    # rows keep the order of the file; inside a transaction their ids do not start at zero
    if not has_gaps:
        return """
            select rowid as _place, rowid - (select min(rowid) from landing_text) + 1 as _row, *
            from landing_text
        """
    # rejected lines left no row behind: each moves the rows after it down by one
    return """
        select ordinal + coalesce(shift.lines_before, 0) as _row, texts.*
        from (
            select rowid as _place,
                rowid - (select min(rowid) from landing_text) + 1 as ordinal, *
            from landing_text
        ) as texts
        asof left join (
            select from_ordinal, max(lines_before) as lines_before from (
                select row_number - row_number() over (order by row_number) + 1 as from_ordinal,
                    row_number() over (order by row_number) as lines_before
                from landing_unparsed
            ) as rejected group by from_ordinal
        ) as shift on texts.ordinal >= shift.from_ordinal
    """


def _type_records(
    connection: duckdb.DuckDBPyConnection,
    plan: EntityPlan,
    resolved: ResolvedMapping,
    numbered: str,
) -> dict[str, ParsedColumn]:
    evidence = gather_evidence(connection, "landing_text", resolved.columns, plan.date_order)
    parsed = {
        mapped.column.name: parsed_column(
            mapped, evidence, date_order=plan.date_order, zones=plan.zones
        )
        for mapped in resolved.columns
    }
    values = "".join(f", {column.value} as v_{column.name}" for column in parsed.values())
    errors = ", ".join(
        f"case when {column.failed} then {literal(column.name + ': ')} || {column.rule} end"
        for column in parsed.values()
        if column.failed is not None
    )
    canonical = ", ".join(
        f"cast({f'v_{column.name}' if column.name in parsed else 'null'} "
        f"as {SQL_TYPES[column.type]}) as {column.name}"
        for column in plan.entity.columns
    )
    # a column that is null adds nothing, so a new empty column changes no hash
    hashed = ", ".join(f"'{name}=' || cast(v_{name} as varchar)" for name in parsed)
    connection.execute(
        f"""
        create or replace temp table landing_records as
        select _place, _row, {canonical}, _parse_errors,
            md5(concat_ws(chr(31), {hashed}, _parse_errors)) as _row_hash
        from (
            select *, {f"nullif(concat_ws('; ', {errors}), '')" if errors else "null"}
                as _parse_errors
            from (select *{values} from ({numbered}) as numbered) as valued
        ) as judged
        """
    )
    return parsed


def _max_occurred(
    connection: duckdb.DuckDBPyConnection, plan: EntityPlan, known_at: datetime
) -> datetime | None:
    if plan.entity.occurred is None:
        return None
    row = connection.execute(
        f"select max(cast({plan.entity.occurred} as timestamp)) from landing_records "
        f"where {plan.entity.occurred} <= $known_at",
        {"known_at": known_at},
    ).fetchone()
    return row[0] if row else None


def field_errors_sql(plan: EntityPlan, read: ReadFile) -> str | None:
    """Give SQL of the field errors: `_row`, column, rule, masked value, is_required.

    They are those of the whole file. None when no column can fail.
    """
    selects = []
    for column in plan.entity.columns:
        parsed = read.parsed.get(column.name)
        if parsed is None or parsed.failed is None:
            continue
        value = f"t_{column.name}"
        if column.name in read.minutes_columns:
            minutes = f"m_{column.name}"
            is_bad = f"try_cast({minutes} as double) is null"
            value = f"case when {is_bad} then {minutes} else {value} end"
        selects.append(
            f"select _row, '{column.name}' as column_name, {parsed.rule} as rule, "
            f"{masked_value(value, column)} as value_masked, {column.required} as is_required "
            f"from (select {column.name} as v_{column.name}, * from failed) as failed "
            f"where {parsed.failed}"
        )
    if not selects:
        return None
    return (
        "with failed as (select records._row, records.* exclude (_row), texts.* "
        "from landing_records as records "
        "inner join landing_text as texts on texts.rowid = records._place "
        "where records._parse_errors is not null) " + " union all ".join(selects)
    )
