"""How values look, in the terminal and on the pages: compact or in full, in the reporting currency,
and a dash where there is none.

Texts for Streamlit's Markdown go through `plain`, since names and the dollar sign have meanings.
"""

import math
import re
from datetime import datetime
from decimal import Decimal
from typing import Any

NONE = "–"
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_STEPS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))
_MARKUP = re.compile(r"([\\`*_\[\]<>#|~$:]|^[-+](?=\s)|(?<=^\d)[.)])")


def plain(text: Any) -> str:
    """Escape a text so that Markdown shows it letter by letter."""
    return _MARKUP.sub(r"\\\1", str(text))


def is_missing(value: Any) -> bool:
    """Say whether a cell holds no value, in any of pandas' ways of saying so."""
    try:
        # not a number and not a time differ from themselves
        return value is None or bool(value != value)
    except TypeError:
        # whether pandas' NA differs from itself is not known
        return True


def compact(value: Any) -> str:
    """Write a number in few characters: 9,876, 12.3K, 1.24M."""
    if is_missing(value):
        return NONE
    number = float(value)
    if abs(number) < 10_000:
        return f"{number:,.0f}" if number == round(number) or abs(number) >= 100 else _few(number)
    # rounded first, so that 999,999 is 1.00M and not 1000K
    rounded = float(f"{number:.3g}")
    size, letter = next(step for step in _STEPS if abs(rounded) >= step[0])
    scaled = rounded / size
    if abs(scaled) >= 1000:
        return f"{scaled:,.0f}{letter}"
    decimals = 2 - math.floor(math.log10(abs(scaled)))
    return f"{scaled:.{decimals}f}{letter}"


def _few(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def full(value: Any) -> str:
    """Write a number with every digit that matters: 1,240,000.50."""
    if is_missing(value):
        return NONE
    number = float(value)
    return f"{number:,.0f}" if number == round(number) else f"{number:,.2f}"


def money(value: Any, currency: str | None, *, in_full: bool = False) -> str:
    """Write an amount with its currency: $1.24M, CHF 12.3K; in full $1,240,000.00."""
    if is_missing(value):
        return NONE
    number = float(value)
    digits = f"{abs(number):,.2f}" if in_full else compact(abs(number))
    sign = "-" if number < 0 else ""
    if not currency:
        return f"{sign}{digits}"
    return f"{sign}{_SYMBOLS.get(currency, currency + ' ')}{digits}"


def percent(value: Any) -> str:
    """Write a ratio (0.873) as a percentage with one decimal (87.3%)."""
    return NONE if is_missing(value) else f"{float(value):.1%}"


def days(value: Any) -> str:
    """Write a number of days: 48 days, 1 day, 12.5 days."""
    if is_missing(value):
        return NONE
    text = _few(round(float(value), 1))
    return f"{text} day" if text == "1" else f"{text} days"


def minutes(value: Any) -> str:
    """Write minutes in the unit that a person would use: 45 min, 3.5 h, 2.1 days."""
    if is_missing(value):
        return NONE
    number = float(value)
    if number < 90:
        return f"{number:.0f} min"
    return f"{number / 60:.1f} h" if number < 48 * 60 else f"{number / 1440:.1f} days"


def by_unit(value: Any, unit: str, currency: str | None, *, in_full: bool = False) -> str:
    """Write a value of unit `share`, `money`, `days` or `count`."""
    if unit == "share":
        return percent(value)
    if unit == "money":
        return money(value, currency, in_full=in_full)
    if unit == "days":
        return days(value)
    return full(value) if in_full else compact(value)


def interval(low: Any, high: Any, unit: str, currency: str | None) -> str:
    """Write an interval as `38.0% to 52.0%`; a dash when either end is missing."""
    if is_missing(low) or is_missing(high):
        return NONE
    return f"{by_unit(low, unit, currency)} to {by_unit(high, unit, currency)}"


def text(value: Any) -> str:
    """Write any attribute: yes and no for booleans, dates as ISO, a dash for nothing."""
    if is_missing(value):
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        is_midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.strftime("%Y-%m-%d" if is_midnight else "%Y-%m-%d %H:%M")
    if isinstance(value, int | float | Decimal):
        return full(value)
    return str(value)
