"""The field types that all definition models share."""

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Definition(BaseModel):
    """Anything a user writes in YAML: unknown keys are refused, values never change later."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        str_strip_whitespace=True,
        populate_by_name=True,
        allow_inf_nan=False,
    )


def _known_time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
        if name == "localtime":  # the zone of whichever machine runs
            raise ValueError(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(
            f"'{name}' is no time zone; write a name such as Europe/Berlin or UTC"
        ) from error
    return name


def _date_or_word(value: Any) -> Any:
    if value in ("latest_data", "today"):
        return value
    try:
        return datetime.strptime(str(value), "%Y-%m-%d").date().isoformat()  # noqa: DTZ007
    except ValueError as error:
        raise ValueError(
            f"'{value}' is neither latest_data, today, nor a date;"
            " correct it to one of those words or a date like 2025-12-31"
        ) from error


#: Lower-case name that may stand in SQL, file names and URLs.
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=60)]
Text = Annotated[str, Field(min_length=1)]
TimeZone = Annotated[str, AfterValidator(_known_time_zone)]
#: `latest_data`, `today` or an ISO date, kept as text.
AsOf = Annotated[str, AfterValidator(_date_or_word)]
Share = Annotated[float, Field(ge=0, le=1)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code, e.g. EUR")]


def plain_text(value: str | float | bool) -> str:
    """Write a value as SQL compares it: trimmed, lower case, booleans as true and false."""
    return str(value).strip().lower()
