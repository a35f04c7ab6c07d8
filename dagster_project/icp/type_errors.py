"""Pydantic's complaints, retold as findings: what is wrong and what to write instead."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from dagster_project.icp.documents import Document
from dagster_project.icp.problems import FieldPath, Finding, choose
from dagster_project.icp.value_remedies import value_remedy

#: Words that people write for a field that exists under another name.
_MEANT = {
    "at_most": "below",
    "max": "below",
    "less_than": "below",
    "above": "at_least",
    "min": "at_least",
    "more_than": "at_least",
    "values": "in",
    "value": "in",
    "equals": "in",
    "weight": "points",
    "score": "points",
    "operator": "in",
    "alias": "aliases",
    "margin": "gross_margin",
    "id": "name",
}


def findings(
    error: ValidationError, model: type[BaseModel], document: Document
) -> Iterator[Finding]:
    """Give one finding per field that pydantic refused, in the order of the file's fields."""
    seen: set[FieldPath] = set()
    details = [(detail, _written_path(detail["loc"], document)) for detail in error.errors()]
    for detail, path in details:
        if detail["type"] == "too_short" and any(_is_inside(other, path) for _, other in details):
            continue  # short of the items that are refused themselves
        if detail["type"] == "missing":
            path = (*path, detail["loc"][-1])
        if path in seen:  # a union reports one complaint per member
            continue
        seen.add(path)
        yield _finding(detail, path, model)


def _is_inside(path: FieldPath, outer: FieldPath) -> bool:
    return len(path) > len(outer) and path[: len(outer)] == outer


def _written_path(location: FieldPath, document: Document) -> FieldPath:
    # pydantic adds the members of unions to a path; only what the file holds is kept
    path = tuple(location)
    while path and path not in document.lines:
        path = path[:-1]
    return path


def _finding(detail: Any, path: FieldPath, model: type[BaseModel]) -> Finding:
    kind, name = detail["type"], path[-1] if path else ""
    context = detail.get("ctx", {})
    if kind == "missing":
        return Finding(path[:-1], f"`{name}` is missing", f"add `{name}: ..`")
    if kind == "extra_forbidden":
        return Finding(path, f"`{name}` is no field here", _field_remedy(str(name), path, model))
    if kind == "literal_error":
        allowed = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return Finding(
            path, f"`{detail['input']}` is not allowed", choose(detail["input"], allowed)
        )
    if kind == "value_error":
        # our own validators word the remedy after a semicolon
        message, _, remedy = str(context["error"]).partition("; ")
        return Finding(path, message, remedy or "correct the value")
    if kind == "string_pattern_mismatch":
        return Finding(path, f"`{detail['input']}` is not allowed", _pattern_remedy(context))
    if kind == "model_type":
        return Finding(path, "should hold fields (`name: value`)", "indent the fields under it")
    message = detail["msg"].replace("Input should be", "should be")
    remedy = value_remedy(detail, _annotation_at(model, path[:-1]), name)
    return Finding(path, f"`{_shown(detail['input'])}` {_lower(message)}", remedy)


def _shown(value: Any) -> str:
    text = "(nothing)" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


def _pattern_remedy(context: dict[str, Any]) -> str:
    if context["pattern"] == "^[A-Z]{3}$":
        return "write a three-letter code such as EUR"
    return "write lower-case letters, digits and underscores, starting with a letter or digit"


def _field_remedy(name: str, path: FieldPath, model: type[BaseModel]) -> str:
    owner = _annotation_at(model, path[:-1])
    fields = _field_names(owner) if owner else []
    meant = _MEANT.get(name)
    if meant in fields:
        return f"did you mean `{meant}`? (allowed: {', '.join(sorted(fields))})"
    return choose(name, fields)


def _field_names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _annotation_at(model: type[BaseModel], path: FieldPath) -> type[BaseModel] | None:
    """Give the model that stands at a path, or None where a plain value stands."""
    here: Any = model
    for part in path:
        candidate = _model_in(here)
        if isinstance(part, str) and candidate is not None and _container(here) is not dict:
            by_name = {field.alias or name: field for name, field in candidate.model_fields.items()}
            if part not in by_name:
                return None
            here = by_name[part].annotation
        else:
            here = _item(here)
    return _model_in(here) if _container(here) is None else None


def _plain(annotation: Any) -> Any:
    """Strip Annotated and `| None` from an annotation."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, UnionType):
            members = [member for member in get_args(annotation) if member is not type(None)]
            if len(members) != 1:
                return annotation
            annotation = members[0]
        else:
            return annotation


def _container(annotation: Any) -> type | None:
    origin = get_origin(_plain(annotation))
    return origin if origin in (dict, list, tuple) else None


def _item(annotation: Any) -> Any:
    arguments = get_args(_plain(annotation))
    if not arguments:
        return None
    return arguments[-1] if _container(annotation) is dict else arguments[0]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    plain = _plain(annotation)
    return plain if isinstance(plain, type) and issubclass(plain, BaseModel) else None
