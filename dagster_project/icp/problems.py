"""What is wrong with a definition, said so that the person who wrote it can fix it.

Nothing here reads files or knows the models.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

#: Where a value stands inside a YAML document: keys and list positions from the top.
FieldPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Finding:
    """One thing wrong inside one document, before its line is known."""

    path: FieldPath
    message: str
    remedy: str


@dataclass(frozen=True)
class Problem:
    """One thing wrong in the definitions folder.

    `file` is relative to the folder, `line` counts from 1 (None when the file itself is missing),
    `field` is the dotted path inside the document. A warning never stops a run.
    """

    file: str
    line: int | None
    field: str
    message: str
    remedy: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        field = f" {self.field}:" if self.field else ""
        return f"{place}{field} {self.message}. Remedy: {self.remedy}."


class DefinitionError(Exception):
    """The definitions folder cannot be used; `problems` lists everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Word the message from the problems, one to a line."""
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{count} problem{'s' if count != 1 else ''} in the definitions:"
        super().__init__("\n".join([head, *(f"  {problem}" for problem in self.problems)]))


def dotted(path: FieldPath) -> str:
    """Write a path for people: `icps[0].criteria[2].attribute`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def choose(word: object, allowed: Iterable[str]) -> str:
    """Word the remedy for a name that is not allowed: the nearest one, or the whole list."""
    names = sorted(allowed)
    close = get_close_matches(str(word).lower(), names, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`? (allowed: {', '.join(names)})"
    return f"use one of: {', '.join(names)}"
