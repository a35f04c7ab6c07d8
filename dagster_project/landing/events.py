"""Which usage days the event files of a run touch, and that they have been built.

dbt rebuilds just these days of `int_usage_user_days`; landing the files is `event_landing`.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import duckdb

DayRange = tuple[date, date]

#: Days after which an event is too late to count: `late_window_days` of dbt_project.yml.
LATE_WINDOW_DAYS = 7

_RECEIVED = r"""
    try_cast(regexp_extract(files.file, '(?:^|/)dt=(\d{4}-\d{2}-\d{2})/', 1) as date)"""


def pending_usage_days(connection: duckdb.DuckDBPyConnection) -> list[DayRange]:
    """Give the days of occurrence to rebuild as ranges, both ends included, in order.

    They are the days in event files that are new, changed or gone since the last build. Days that
    an event of a file can no longer reach (too late, or in the future) are left out: one event
    from years ago must not rebuild years.
    """
    rows = connection.execute(
        f"""
        select distinct days.usage_day from landing.event_file_days as days
        inner join landing.event_files as files
            on days.source = files.source and days.file = files.file
            and days.fingerprint = files.fingerprint
        where files.built_at is null and (
            {_RECEIVED} is null
            or days.usage_day between {_RECEIVED} - $window and {_RECEIVED} + 1
        )
        """,
        {"window": LATE_WINDOW_DAYS},
    ).fetchall()
    return _ranges(day for (day,) in rows)


def mark_usage_built(connection: duckdb.DuckDBPyConnection, at: datetime) -> None:
    """Say that `int_usage_user_days` now reflects every event file known (and those gone)."""
    connection.execute(
        "update landing.event_files set built_at = $at where built_at is null", {"at": at}
    )


def _ranges(days: Iterable[date]) -> list[DayRange]:
    ranges: list[DayRange] = []
    for day in sorted(days):
        if ranges and day - ranges[-1][1] == timedelta(days=1):
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges
