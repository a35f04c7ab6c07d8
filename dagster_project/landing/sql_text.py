"""Quoting of names and values that end up inside SQL text."""

from collections.abc import Iterable

#: Trimmed off every text value: blanks, tabs, line ends, no-break space.
WHITESPACE = " \t\r\n\u00a0"


def quoted(name: str) -> str:
    """Give an identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | None) -> str:
    """Give a text literal, or null."""
    return "null" if text is None else "'" + text.replace("'", "''") + "'"


def literal_list(texts: Iterable[str]) -> str:
    """Give a list of text literals, e.g. of file paths."""
    return "[" + ", ".join(literal(text) for text in texts) + "]"


def trimmed(expression: str) -> str:
    """Give the expression without surrounding whitespace; empty text becomes null."""
    return f"nullif(trim({expression}, {literal(WHITESPACE)}), '')"
