"""The usage days that somebody asks to be built again: the one rule for the command and the run."""

from datetime import date


class UsageDaysError(ValueError):
    """The days asked for are no range; the message says what to write."""


def usage_days(usage_from: str, usage_to: str, latest: date | None = None) -> tuple[date, date]:
    """Give the first and last day; without `usage_to` the last is `latest`, or else the first.

    Raises UsageDaysError when they are no days or no range.
    """
    try:
        first = date.fromisoformat(usage_from)
        last = date.fromisoformat(usage_to) if usage_to else latest or first
    except ValueError as error:
        raise UsageDaysError(
            f"usage_from {usage_from!r}, usage_to {usage_to!r}: {error}."
            " Write days as YYYY-MM-DD; usage_from cannot be left out."
        ) from error
    if latest and not usage_to and first > latest:
        raise UsageDaysError(
            f"usage_from {first} is after {latest}, the latest day there is to build."
        )
    if first > last:
        raise UsageDaysError(f"usage_from {first} is after usage_to {last}. Exchange them.")
    return first, last
