"""Quoting of names and values that end up inside SQL text."""

from collections.abc import Iterable

#: Trimmed off every text value: blanks, tabs, line ends, no-break space.
_WHITESPACE = " \t\r\n\u00a0"
_NEEDS_TRIMMING = r"^[\s\x{a0}]|[\s\x{a0}]$|^$"


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
    # trimming is slow and hardly any value needs it: the test halves the time
    return (
        f"case when regexp_matches({expression}, '{_NEEDS_TRIMMING}') "
        f"then nullif(trim({expression}, {literal(_WHITESPACE)}), '') else {expression} end"
    )
