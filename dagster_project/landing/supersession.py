"""What a file does to the rows held already. Nothing is overwritten: rows are superseded.

- snapshot: the file is the full dump. Rows that it no longer holds are `changed` when their key is
  still there, else `deleted`.
- delta: the file holds new and changed keys. A newer version supersedes the older ones of its key;
  a version older than the one held arrives superseded. A row that is read again where it was read
  before (same file, same place, as when a mapping changed) replaces what was read there. A row that
  the file held already, and that another file has superseded since, stays superseded: the file was
  only saved again.
- append: rows are only ever added; a row held already is not added again. When a file of the same
  name comes with other content, its own rows that vanished are superseded.

Equal rows inside one file are all landed: which of them counts is judged in staging.
"""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from dagster_project.landing.plan import EntityPlan
from dagster_project.landing.results import RowCounts
from dagster_project.landing.tables import SQL_TYPES


@dataclass(frozen=True)
class Arrival:
    """Whose rows arrive in `landing_records`, from which file, in which load."""

    plan: EntityPlan
    file: str
    load_id: str
    known_at: datetime


def apply_records(
    connection: duckdb.DuckDBPyConnection, arrival: Arrival, *, rows_unparsed: int
) -> RowCounts:
    """Merge `landing_records` into the raw table; leave the `_place`s inserted in a table.

    Runs inside the caller's transaction. Raise CountMismatchError when rows are unaccounted for.
    """
    plan = arrival.plan
    before = held_rows(connection, plan)
    read = _scalar(connection, "select count(*) from landing_records")
    _compare(connection, arrival, is_first=before == 0)
    _supersede(connection, arrival)
    inserted = _scalar(connection, "select count(*) from landing_inserted")
    _insert(connection, arrival, is_all=inserted == read)
    stale = _scalar(connection, "select count(*) from landing_inserted where is_stale")
    reasons = dict(
        connection.execute("select reason, count(*) from landing_gone group by reason").fetchall()
    )
    counts = RowCounts(
        read=read + rows_unparsed,
        unparsed=rows_unparsed,
        inserted=inserted,
        unchanged=_scalar(connection, "select count(*) from landing_known"),
        changed=reasons.get("changed", 0) + stale,
        deleted=reasons.get("deleted", 0),
        before=before,
        after=held_rows(connection, plan),
    )
    counts.assert_balanced(f"{plan.name}, {arrival.file}")
    return counts


def _scalar(connection: duckdb.DuckDBPyConnection, sql: str, parameters: object = None) -> int:
    row = connection.execute(sql, parameters).fetchone()
    return int(row[0]) if row else 0


def held_rows(connection: duckdb.DuckDBPyConnection, plan: EntityPlan) -> int:
    """Give the current rows of one entity of one source."""
    return _scalar(
        connection,
        f"select count(*) from {plan.entity.raw_table} "
        "where _source = $source and _superseded_at is null",
        {"source": plan.source},
    )


def _same_key(plan: EntityPlan, left: str, right: str) -> str:
    return " and ".join(
        f"{left}.{column} is not distinct from {right}.{column}" for column in plan.key
    )


def _compare(connection: duckdb.DuckDBPyConnection, arrival: Arrival, *, is_first: bool) -> None:
    """Fill landing_held, landing_known (equal rows), landing_inserted and landing_gone."""
    plan = arrival.plan
    columns = list(dict.fromkeys([*plan.key, *([plan.order_by] if plan.order_by else [])]))
    selected = ", ".join(columns)
    # rows may repeat: the second copy of a row is equal only to a second copy held
    connection.execute(
        f"""
        create or replace temp table landing_held as
        select rowid as held_id, _file, _row, _row_hash, {selected},
            row_number() over (partition by _row_hash order by rowid) as copy
        from {plan.entity.raw_table}
        where _source = $source and _superseded_at is null
        """,
        {"source": plan.source},
    )
    copy = "1" if is_first else "row_number() over (partition by _row_hash order by _row)"
    connection.execute(
        f"""
        create or replace temp table landing_incoming as
        select _place, _row, _row_hash, {selected}, {copy} as copy from landing_records
        """
    )
    connection.execute(
        """
        create or replace temp table landing_known as
        select incoming._place, held.held_id from landing_incoming as incoming
        inner join landing_held as held
            on incoming._row_hash = held._row_hash and incoming.copy = held.copy
        """
    )
    connection.execute(
        """
        create or replace temp table landing_inserted as
        select _place, false as is_stale from landing_incoming
        where _place not in (select _place from landing_known)
        """
    )
    if plan.load_mode == "delta" and not is_first:
        _keep_superseded(connection, arrival)
        _judge_stale(connection, arrival)
    connection.execute(
        f"create or replace temp table landing_gone as {_gone_sql(arrival)}",
        {"file": arrival.file} if plan.load_mode in ("append", "delta") else None,
    )


#: A row read again: its time may be earlier now only because it is read in another time zone.
_READ_AGAIN = "(held._file = $file and held._row = incoming._row)"


def _keep_superseded(connection: duckdb.DuckDBPyConnection, arrival: Arrival) -> None:
    """Know the rows that this file brought before and that another file superseded since."""
    plan = arrival.plan
    connection.execute(
        f"""
        insert into landing_known
        select distinct incoming._place, cast(null as bigint) from landing_incoming as incoming
        inner join landing_inserted as inserted on incoming._place = inserted._place
        inner join {plan.entity.raw_table} as before
            on incoming._row_hash = before._row_hash
            and before._source = $source and before._file = $file
            and before._superseded_at is not null
        inner join landing_held as held
            on {_same_key(plan, "incoming", "held")} and held._file <> $file
        """,
        {"source": plan.source, "file": arrival.file},
    )
    _leave_known_out(connection)


def _leave_known_out(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "delete from landing_inserted where _place in (select _place from landing_known)"
    )


def _judge_stale(connection: duckdb.DuckDBPyConnection, arrival: Arrival) -> None:
    """Mark delta rows older than a held version; those that were landed before are known."""
    plan = arrival.plan
    if plan.order_by is None:
        return
    connection.execute(
        f"""
        update landing_inserted set is_stale = true where _place in (
            select incoming._place from landing_incoming as incoming
            inner join landing_held as held
                on {_same_key(plan, "incoming", "held")}
                and held.{plan.order_by} > incoming.{plan.order_by}
                and not {_READ_AGAIN}
        )
        """,
        {"file": arrival.file},
    )
    connection.execute(
        f"""
        insert into landing_known
        select incoming._place, null from landing_incoming as incoming
        where incoming._place in (select _place from landing_inserted where is_stale)
            and incoming._row_hash in (
                select _row_hash from {plan.entity.raw_table}
                where _source = $source and _superseded_at is not null
            )
        """,
        {"source": plan.source},
    )
    _leave_known_out(connection)


def _gone_sql(arrival: Arrival) -> str:
    plan = arrival.plan
    unmatched = "held_id not in (select held_id from landing_known where held_id is not null)"
    key_arrives = (
        "exists (select 1 from landing_incoming as incoming "
        f"where {_same_key(plan, 'incoming', 'held')})"
    )
    reason = f"case when {key_arrives} then 'changed' else 'deleted' end as reason"
    if plan.load_mode == "snapshot":
        return f"select held_id, {reason} from landing_held as held where {unmatched}"
    if plan.load_mode == "append":
        return (
            f"select held_id, {reason} from landing_held as held where {unmatched} "
            "and _file = $file"
        )
    newer = "true"
    if plan.order_by is not None:
        newer = f"coalesce(held.{plan.order_by} <= incoming.{plan.order_by}, true)"
    return (
        f"select held_id, 'changed' as reason from landing_held as held where {unmatched} "
        "and exists (select 1 from landing_incoming as incoming "
        "inner join landing_inserted as inserted on incoming._place = inserted._place "
        f"where not inserted.is_stale and {_same_key(plan, 'incoming', 'held')} "
        f"and ({newer} or {_READ_AGAIN}))"
    )


def _supersede(connection: duckdb.DuckDBPyConnection, arrival: Arrival) -> None:
    connection.execute(
        f"""
        update {arrival.plan.entity.raw_table} as held
        set _superseded_at = $known_at, _superseded_reason = gone.reason
        from landing_gone as gone where held.rowid = gone.held_id
        """,
        {"known_at": arrival.known_at},
    )


def _insert(connection: duckdb.DuckDBPyConnection, arrival: Arrival, *, is_all: bool) -> None:
    entity = arrival.plan.entity
    columns = ", ".join(column.name for column in entity.columns)
    moment = SQL_TYPES["timestamp"]
    is_stale, chosen = (
        "is_stale",
        ("inner join landing_inserted on landing_records._place = landing_inserted._place"),
    )
    if is_all and arrival.plan.load_mode != "delta":
        # a first load of a million rows takes half the time without the join
        is_stale, chosen = "false", ""
    connection.execute(
        f"""
        insert into {entity.raw_table} ({columns}, _source, _file, _row, _load_id, _loaded_at,
            _row_hash, _superseded_at, _superseded_reason, _parse_errors)
        select {columns}, $source, $file, _row, $load_id, cast($known_at as {moment}), _row_hash,
            case when {is_stale} then cast($known_at as {moment}) end,
            case when {is_stale} then 'changed' end, _parse_errors
        from landing_records {chosen}
        """,
        {
            "source": arrival.plan.source,
            "file": arrival.file,
            "load_id": arrival.load_id,
            "known_at": arrival.known_at,
        },
    )
