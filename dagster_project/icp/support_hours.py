"""When support is open: waiting times in open hours count nothing else."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from dagster_project.icp.fields import Definition

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
#: ISO numbers: Monday is 1.
WEEKDAYS: dict[Weekday, int] = {
    "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7,
}  # fmt: skip


def _clock(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d|24:00", text):
        raise ValueError(
            f'`{text}` is no time of day; write one from "00:00" to "24:00", in quotes'
        )
    return text


def minutes_of(clock: str) -> int:
    """Give the minutes from midnight to a time of day such as 09:30."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


#: In quotes, because YAML reads a bare 9:30 as a number.
TimeOfDay = Annotated[str, AfterValidator(_clock)]


class OpenHours(Definition):
    """From when to when support is open on these weekdays, in the company's time zone."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1)]
    opens: TimeOfDay
    closes: TimeOfDay


class SupportHours(Definition):
    """The week of support, and the days on which it stays closed."""

    week: Annotated[tuple[OpenHours, ...], Field(min_length=1)]
    holidays: tuple[date, ...] = ()
