"""From text to the types of the entity, in SQL, with the rule that a failed value broke."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import duckdb

from dagster_project.landing.amounts import integer_sql, number_rule, number_sql
from dagster_project.landing.dates import (
    Zones,
    date_sql,
    declared_orders,
    infer_orders,
    temporal_rule,
    timestamp_sql,
)
from dagster_project.landing.mapping import MappedColumn


@dataclass(frozen=True)
class ParsedColumn:
    """SQL of one typed column. `failed` and `rule` are over the text and the typed value.

    Text columns never fail; then both are None.
    """

    name: str
    value: str
    failed: str | None = None
    rule: str | None = None


@dataclass(frozen=True)
class Evidence:
    """What the whole file tells about its ambiguous values."""

    date_orders: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    #: Columns where a comma groups thousands for certain, as in '1,234.50'.
    comma_groups: frozenset[str] = frozenset()
    #: Columns where a comma is a decimal sign for certain, as in '12,5' (and none is declared).
    comma_decimals: frozenset[str] = frozenset()


def gather_evidence(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Iterable[MappedColumn],
    date_order: str | None,
) -> Evidence:
    """Look over the text columns `t_<name>` of a table for what decides ambiguous values."""
    mapped = tuple(columns)
    temporal = [f"t_{m.column.name}" for m in mapped if m.column.type in ("date", "timestamp")]
    orders = {} if date_order else infer_orders(connection, table, temporal)
    numeric = [m.column.name for m in mapped if m.column.type == "number" and m.decimal is None]
    groups, decimals = set(), set()
    for name in numeric:
        text = f"t_{name}"
        found = connection.execute(
            rf"""
            select bool_or(regexp_full_match({text}, '[+-]?\d{{1,3}}(,\d{{3}})+\.\d*')
                    or regexp_full_match({text}, '[+-]?\d{{1,3}}(,\d{{3}}){{2,}}')),
                bool_or(regexp_full_match({text}, '[+-]?\d+,(\d{{1,2}}|\d{{4,}})')
                    or regexp_full_match({text}, '[+-]?\d{{1,3}}(\.\d{{3}})+,\d*'))
            from {table} where contains({text}, ',')
            """
        ).fetchone()
        if found and found[0] and not found[1]:
            groups.add(name)
        if found and found[1]:
            decimals.add(name)
    return Evidence(orders, frozenset(groups), frozenset(decimals))


def parsed_column(
    mapped: MappedColumn, evidence: Evidence, *, date_order: str | None, zones: Zones
) -> ParsedColumn:
    """Give the SQL that reads `t_<name>` (and `m_<name>`, minutes) as the column's type."""
    name, kind = mapped.column.name, mapped.column.type
    text, value = f"t_{name}", f"v_{name}"
    failed = f"{text} is not null and {value} is null"
    if kind == "text":
        return ParsedColumn(name, text)
    if kind == "boolean":
        return ParsedColumn(name, _boolean(text), failed, "'not true or false'")
    if kind == "integer":
        return ParsedColumn(name, integer_sql(text, mapped.decimal), failed, "'not an integer'")
    if kind == "number":
        number = number_sql(
            text,
            mapped.decimal,
            has_comma_groups=name in evidence.comma_groups,
            has_comma_decimals=name in evidence.comma_decimals,
        )
        if mapped.plan.scale is not None:
            number = f"({number}) * cast({mapped.plan.scale!r} as double)"
        return ParsedColumn(name, number, failed, number_rule(text, mapped.decimal))
    orders = declared_orders(date_order) or evidence.date_orders.get(text, {})
    is_declared = date_order is not None
    rule = temporal_rule(text, is_declared=is_declared)
    if kind == "date":
        return ParsedColumn(
            name, date_sql(text, orders, zones, is_declared=is_declared), failed, rule
        )
    moment = timestamp_sql(text, orders, zones, is_declared=is_declared)
    if mapped.plan.plus_minutes is None:
        return ParsedColumn(name, moment, failed, rule)
    minutes = f"try_cast(m_{name} as double)"
    later = f"({moment}) + to_microseconds(cast(round({minutes} * 60e6) as bigint))"
    # without minutes there is no time, and that is no error
    return ParsedColumn(
        name,
        later,
        f"{text} is not null and m_{name} is not null and {value} is null",
        f"case when {minutes} is null then 'minutes are not a number' else {rule} end",
    )


def _boolean(text: str) -> str:
    return (
        f"case when lower({text}) in ('true', 't', 'yes', 'y', '1', '1.0') then true "
        f"when lower({text}) in ('false', 'f', 'no', 'n', '0', '0.0') then false end"
    )
