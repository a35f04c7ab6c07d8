"""YAML files as plain values that remember on which line each key stands.

Only syntax is judged here; what the values mean is the models' business.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from dagster_project.icp.problems import FieldPath, Finding, Problem, dotted

_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True)
class Document:
    """One YAML file: its plain value and the line (from 1) of every key and list item."""

    file: str
    value: Any = None
    lines: dict[FieldPath, int] = field(default_factory=dict)

    def line(self, path: FieldPath) -> int:
        """Give the line of a path, or of the nearest enclosing key that exists in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, finding: Finding, *, is_warning: bool = False) -> Problem:
        """Place a finding in the file."""
        return Problem(
            file=self.file,
            line=self.line(finding.path),
            field=dotted(finding.path),
            message=finding.message,
            remedy=finding.remedy,
            severity="warning" if is_warning else "error",
        )


def read_document(path: Path, file: str) -> tuple[Document, list[Problem]]:
    """Read one YAML 1.2 file; give what could be read and the problems of its syntax.

    YAML 1.2 because under 1.1 the country code NO is the boolean false. Dates stay text.
    """
    try:
        node = YAML(typ="safe", pure=True).compose(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        return Document(file), [
            Problem(file, 1, "", f"is not UTF-8 text ({error.reason})", "save it as UTF-8")
        ]
    except YAMLError as error:
        return Document(file), [_syntax_problem(file, error)]
    reader = _Reader(file)
    try:
        value = reader.value(node, ()) if node is not None else None
    except _SelfReferenceError as error:
        return Document(file), [*reader.problems, error.problem]
    return Document(file, value, reader.lines), reader.problems


def _syntax_problem(file: str, error: YAMLError) -> Problem:
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    message = (error.problem if isinstance(error, MarkedYAMLError) else None) or "unreadable"
    return Problem(
        file,
        mark.line + 1 if mark else None,
        "",
        f"is not valid YAML: {message}",
        "check indentation, colons and quotes on this line and the one before",
    )


class _SelfReferenceError(Exception):
    """A list or mapping holds itself, by an anchor: it has no end."""

    def __init__(self, file: str, path: FieldPath, node: Node) -> None:
        line, message = node.start_mark.line + 1, "an alias (`*`) stands inside what it names (`&`)"
        remedy = "write the value itself instead of the alias"
        self.problem = Problem(file, line, dotted(path), message, remedy)


class _Reader:
    """Turns nodes into plain values, noting lines and repeated keys on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._open: list[Node] = []
        self.lines: dict[FieldPath, int] = {}
        self.problems: list[Problem] = []

    def value(self, node: Node, path: FieldPath) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, ScalarNode):
            return _scalar(node)
        if any(node is outer for outer in self._open):
            raise _SelfReferenceError(self.file, path, node)
        self._open.append(node)
        try:
            if isinstance(node, MappingNode):
                return self._mapping(node, path)
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        finally:
            self._open.pop()

    def _mapping(self, node: MappingNode, path: FieldPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self.problems.append(
                    Problem(
                        self.file,
                        line,
                        dotted(path),
                        "a list or a mapping stands where a name should",
                        "write a plain name before the colon",
                    )
                )
                continue
            key = str(key_node.value)
            if key in result:
                self.problems.append(
                    Problem(
                        self.file,
                        line,
                        dotted((*path, key)),
                        f"the key `{key}` was already given on line {self.lines[(*path, key)]}",
                        "keep one of the two",
                    )
                )
                continue
            self.lines[(*path, key)] = line
            result[key] = self.value(value_node, (*path, key))
        return result


def _scalar(node: ScalarNode) -> str | int | float | bool | None:
    text, kind = node.value, str(node.tag).removeprefix(_TAG)
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    digits = text.replace("_", "").lstrip("+-")
    # a leading zero is a code such as 007, not a number
    if kind == "int" and digits.isdigit() and (digits == "0" or not digits.startswith("0")):
        return int(text.replace("_", ""))
    # .nan and .inf stay text: no field takes them for a number
    if kind == "float" and not text.lower().endswith((".nan", ".inf")):
        return float(text.replace("_", ""))
    return text
