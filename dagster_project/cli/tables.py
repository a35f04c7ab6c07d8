"""How numbers and tables look in the terminal: one place, so that every verb agrees."""

import sys
from collections.abc import Iterable, Sequence
from typing import IO, Any

from rich.console import Console
from rich.table import Table

#: Wide enough for our tables where the output is a file or a pipe.
PIPE_WIDTH = 132


def make_console(file: IO[str] | None = None) -> Console:
    """Give a console on `file`, or on whatever standard output is when something is printed."""
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    return Console(file=file, highlight=False, soft_wrap=True, width=width)


console = make_console()


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """Give a titled table; columns whose name ends in `#` hold numbers and align right."""
    made = Table(title=title, title_justify="left", title_style="bold", header_style="dim")
    for column in columns:
        name = column.rstrip("#")
        made.add_column(name, justify="right" if column.endswith("#") else "left", overflow="fold")
    for row in rows:
        made.add_row(*(text(value) for value in row))
    return made


def text(value: Any) -> str:
    """Give a value as a person reads it: missing is a dash, never a zero."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return str(value)


def rate(value: float | None) -> str:
    """Give a share of one as a percentage with one decimal."""
    return "–" if value is None else f"{100 * value:.1f}%"


def interval(low: float | None, high: float | None) -> str:
    """Give the bounds of an interval of shares; a dash when it could not be made."""
    return "–" if low is None or high is None else f"{rate(low)} to {rate(high)}"
