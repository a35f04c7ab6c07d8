"""Dates and times from text, in SQL. What cannot be told apart (05/06/2024) stays unparsed.

Times are stored as naive UTC. A time without a zone is in the source's time zone. A date without
a time is the midnight of the company's time zone, whose days the marts count: the day that was
written is the day that is kept.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import duckdb

from dagster_project.landing.sql_text import literal, literal_list

Order = str  # dmy | mdy; absent while neither is known


class Zones(NamedTuple):
    """The time zones of what says none itself: of a source's times, and of the company's days."""

    of_times: str = "UTC"
    of_days: str = "UTC"


#: The fast paths: what databases and most exports write.
_ISO = r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?"
_ISO_UTC = r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]00:00)"
_ISO_ZONED = r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d+)?[+-]\d{2}:\d{2}"
_DAY_OR_MONTH_FIRST = r"^(\d{1,2})([-/.])(\d{1,2})[-/.]\d{4}(\D|$)"
_DOUBTFUL = r"^(0?\d|1[0-2])[-/](0?\d|1[0-2])[-/]\d{4}(\D|$)"
_YEAR_FIRST = r"^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(\D|$)"
_MONTH_NAME = r"^(\d{1,2}[- ]+[[:alpha:]]{3,9}|[[:alpha:]]{3,9}[- ]+\d{1,2}),?[- ]+\d{4}(\D|$)"
_ZONE = r"(?i):\d{2}(?:[.,]\d+)?\s*(?:[ap]m)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})$"
_TIMES = ("", " %H:%M:%S", " %H:%M", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
_SEPARATORS = ("-", "/", ".")


def infer_orders(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Iterable[str]
) -> dict[str, dict[str, Order]]:
    """Tell, per column and separator, whether days or months come first in the whole file.

    A first part above 12 means days first, a second part above 12 months first. With both or
    neither the order stays open, and only values that leave no doubt are read.
    """
    orders: dict[str, dict[str, Order]] = {}
    for column in columns:
        rows = connection.execute(
            f"""
            select separator, max(first_part) > 12, max(second_part) > 12 from (
                select regexp_extract({column}, {literal(_DAY_OR_MONTH_FIRST)}, 2) as separator,
                    cast(regexp_extract({column}, {literal(_DAY_OR_MONTH_FIRST)}, 1) as integer)
                        as first_part,
                    cast(regexp_extract({column}, {literal(_DAY_OR_MONTH_FIRST)}, 3) as integer)
                        as second_part
                from {table}
                where {column} is not null
                    and case when regexp_full_match({column}, {literal(_ISO)}) then false
                        else regexp_matches({column}, {literal(_DAY_OR_MONTH_FIRST)}) end
            ) as parts group by separator
            """
        ).fetchall()
        orders[column] = {
            separator: "dmy" if is_day_first else "mdy"
            for separator, is_day_first, is_month_first in rows
            if is_day_first != is_month_first
        }
    return orders


def declared_orders(date_order: str | None) -> dict[str, Order]:
    """Give the declared order for every separator; nothing for ymd, where no other is expected."""
    if date_order in ("dmy", "mdy"):
        return dict.fromkeys(_SEPARATORS, date_order)
    return {}


def date_sql(text: str, orders: Mapping[str, Order], zones: Zones, *, is_declared: bool) -> str:
    """Give SQL for the date as it is written: its day, whatever the time of day and its offset.

    A time in UTC is no time of anybody's day: the company's day then counts, as for any time.
    """
    _, body = _zone_and_body(text)
    written = _written_time(f"coalesce({body}, {text})", orders, is_declared=is_declared)
    in_utc = ""
    if zones.of_days != "UTC":
        day = day_of(f"try_cast({text} as timestamp)", zones.of_days)
        is_utc = f"regexp_full_match({text}, {literal(_ISO_UTC)})"
        in_utc = f"when {is_utc} and not contains({text}, '00:00:00') then {day} "
    return (
        f"case when regexp_full_match({text}, {literal(_ISO)}) "
        f"then try_cast(left({text}, 10) as date) {in_utc}else cast({written} as date) end"
    )


def timestamp_sql(
    text: str, orders: Mapping[str, Order], zones: Zones, *, is_declared: bool
) -> str:
    """Give SQL for the moment in naive UTC. Seconds or milliseconds since 1970 are read too."""
    zone, body = _zone_and_body(text)
    zoned = f"{_written_time(body, orders, is_declared=is_declared)} - {_offset(zone)}"
    naive = _written_time(text, orders, is_declared=is_declared)
    iso = f"try_cast({text} as timestamp)"
    return (
        f"case when regexp_full_match({text}, {literal(_ISO)}) then "
        f"case when length({text}) = 10 then {as_utc(iso, zones.of_days)} "
        f"else {as_utc(iso, zones.of_times)} end "
        f"when regexp_full_match({text}, {literal(_ISO_UTC)}) then {iso} "
        f"when regexp_full_match({text}, {literal(_ISO_ZONED)}) "
        f"then timezone('UTC', try_cast({text} as timestamptz)) "
        rf"when regexp_full_match({text}, '\d{{10}}') then {_since_epoch(text, 1_000_000)} "
        rf"when regexp_full_match({text}, '\d{{13}}') then {_since_epoch(text, 1_000)} "
        f"when {zone} is not null then {zoned} "
        f"when contains({text}, ':') then {as_utc(naive, zones.of_times)} "
        f"else {as_utc(naive, zones.of_days)} end"
    )


def temporal_rule(text: str, *, is_declared: bool) -> str:
    """Give SQL for why a text is no date: that its order is open, or that it is none at all."""
    if is_declared:
        return "'not a date in the declared order'"
    return (
        f"case when regexp_matches({text}, {literal(_DOUBTFUL)}) "
        "then 'ambiguous date' else 'not a date' end"
    )


def as_utc(naive: str, time_zone: str) -> str:
    """Give SQL that moves a naive time of the zone to naive UTC."""
    if time_zone == "UTC":
        return naive
    return f"timezone('UTC', timezone({literal(time_zone)}, {naive}))"


def day_of(moment: str, time_zone: str) -> str:
    """Give SQL for the day of the zone in which a naive UTC time lies."""
    if time_zone == "UTC":
        return f"cast({moment} as date)"
    return f"cast(timezone({literal(time_zone)}, timezone('UTC', {moment})) as date)"


def _since_epoch(text: str, microseconds: int) -> str:
    return f"make_timestamp(cast({text} as bigint) * {microseconds})"


def _zone_and_body(text: str) -> tuple[str, str]:
    """Give SQL for the zone at the end of a time, and for the time without it; null without one."""
    zone = f"nullif(upper(regexp_extract({text}, {literal(_ZONE)}, 1)), '')"
    return zone, f"rtrim(left({text}, length({text}) - length({zone})))"


def _offset(zone: str) -> str:
    minutes = (
        f"60 * cast(substr({zone}, 2, 2) as integer) "
        f"+ coalesce(try_cast(nullif(replace(substr({zone}, 4), ':', ''), '') as integer), 0)"
    )
    signed = f"(case when left({zone}, 1) = '-' then -1 else 1 end) * ({minutes})"
    return f"to_minutes(case when {zone} in ('Z', 'UTC', 'GMT') then 0 else {signed} end)"


def _formats(*dates: str) -> str:
    return literal_list(date + time for date in dates for time in _TIMES)


def _written_time(text: str, orders: Mapping[str, Order], *, is_declared: bool) -> str:
    """Give SQL for the time as written, whatever its zone; null when it is none."""
    # one separator, one blank before the time: so each order needs one set of formats
    plain = rf"rtrim(regexp_replace({text}, '^(\d+)[-/.](\d+)[-/.](\d+)[T, ]*', '\1-\2-\3 '))"
    named = rf"rtrim(regexp_replace(replace({text}, ',', ' '), '[- ]+', ' ', 'g'))"
    return (
        f"case when regexp_matches({text}, {literal(_DAY_OR_MONTH_FIRST)}) "
        f"then {_day_or_month_first(text, plain, orders, is_declared=is_declared)} "
        f"when regexp_matches({text}, {literal(_YEAR_FIRST)}) "
        f"then try_strptime({plain}, {_formats('%Y-%m-%d')}) "
        rf"when regexp_full_match({text}, '\d{{8}}') then try_strptime({text}, '%Y%m%d') "
        f"when regexp_matches({text}, {literal(_MONTH_NAME)}) then try_strptime({named}, "
        f"{_formats('%d %b %Y', '%d %B %Y', '%b %d %Y', '%B %d %Y')}) end"
    )


def _day_or_month_first(
    text: str, plain: str, orders: Mapping[str, Order], *, is_declared: bool
) -> str:
    day_first = f"try_strptime({plain}, {_formats('%d-%m-%Y')})"
    month_first = f"try_strptime({plain}, {_formats('%m-%d-%Y')})"
    by_order = {"dmy": day_first, "mdy": month_first}
    if is_declared and orders:
        return by_order[next(iter(orders.values()))]
    separator = f"regexp_extract({text}, {literal(_DAY_OR_MONTH_FIRST)}, 2)"
    first = f"regexp_extract({text}, {literal(_DAY_OR_MONTH_FIRST)}, 1)"
    second = f"regexp_extract({text}, {literal(_DAY_OR_MONTH_FIRST)}, 3)"
    known = "".join(
        f"when {separator} = '{mark}' then {by_order[order]} " for mark, order in orders.items()
    )
    # dots are written between day, month and year in that order only
    return (
        f"case {known}when {separator} = '.' then {day_first} "
        f"when cast({first} as integer) > 12 or cast({first} as integer) = "
        f"cast({second} as integer) then {day_first} "
        f"when cast({second} as integer) > 12 then {month_first} end"
    )
