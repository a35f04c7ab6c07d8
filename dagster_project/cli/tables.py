"""How tables look in the terminal: one place, so that every verb agrees."""

import sys
from collections.abc import Iterable, Sequence
from typing import IO, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from dagster_project.formats import text

#: Wide enough for our tables where the output is a file or a pipe.
PIPE_WIDTH = 132


def make_console(file: IO[str] | None = None) -> Console:
    """Give a console on `file`, or on whatever standard output is when something is printed."""
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    return Console(file=file, highlight=False, soft_wrap=True, width=width)


console = make_console()


def print_plain(line: object) -> None:
    """Print a line letter by letter: in data, square brackets are no markup."""
    console.print(line, markup=False)


def print_error(error: object) -> None:
    """Print what went wrong, and how to mend it, in red and letter by letter."""
    console.print(f"[red]{escape(str(error))}[/]")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """Give a titled table; columns whose name ends in `#` hold numbers and align right.

    Texts are shown letter by letter, square brackets too; a cell of rich's `Text` keeps its colour.
    """
    made = Table(
        title=Text(title, style="bold") if title else None,
        title_justify="left",
        header_style="dim",
    )
    for column in columns:
        name = column.rstrip("#")
        made.add_column(name, justify="right" if column.endswith("#") else "left", overflow="fold")
    for row in rows:
        made.add_row(*(_cell(value) for value in row))
    return made


def _cell(value: Any) -> Text:
    return value if isinstance(value, Text) else Text(text(value))
