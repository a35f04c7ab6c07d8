"""What to write instead of a value that a field refuses: worded from the field's own type."""

from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

_NUMBERS = (
    "greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number",
    "float_", "int_",
)  # fmt: skip
_BY_KIND = {
    "bool": "write true or false",
    "string_type": "write a text; put quotes around it where it looks like a number or a date",
    "string_too_short": "write at least one character",
    "tuple_type": "write a list: `[first, second]`, or a line `- ..` for each item",
    "list_type": "write a list: `[first, second]`, or a line `- ..` for each item",
    "dict_type": "write fields under it: `name: value`, indented",
}


def value_remedy(detail: Any, owner: type[BaseModel] | None, name: Any) -> str:
    """Word the remedy for pydantic's complaint on the value of field `name` of a model."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind.startswith(_NUMBERS):
        fields = owner.model_fields if owner else {}
        field = next((f for key, f in fields.items() if name in (key, f.alias)), None)
        return _number_remedy(_limits(field) if field else {**context}, kind, field)
    if kind == "string_too_long":
        return f"write at most {context['max_length']} characters"
    if kind == "too_short":
        least = context["min_length"]
        return f"write at least {least} item{'' if least == 1 else 's'}"
    return next(
        (remedy for start, remedy in _BY_KIND.items() if kind.startswith(start)),
        "write a value of that kind",
    )


def _number_remedy(limits: dict[str, Any], kind: str, field: FieldInfo | None) -> str:
    is_whole = kind.startswith("int_") or (field is not None and int in _types(field.annotation))
    words = {"ge": "of at least", "gt": "above", "le": "at most", "lt": "under"}
    parts = [f"{word} {limits[key]:g}" for key, word in words.items() if key in limits]
    bounds = f" {' and '.join(parts)}" if parts else ""
    return (
        f"write a {'whole ' if is_whole else ''}number{bounds}, e.g. {_example(limits, is_whole)}"
    )


def _example(limits: dict[str, Any], is_whole: bool) -> str:
    low, high = limits.get("ge", limits.get("gt")), limits.get("le", limits.get("lt"))
    if is_whole:
        return f"{12 if _holds(limits, 12) else limits.get('ge', (low or 0) + 1):g}"
    if high is None:
        return f"{(low or 0) + 1.5:g}"
    return f"{(low or 0) + (high - (low or 0)) * 0.95:g}"


def _holds(limits: dict[str, Any], number: float) -> bool:
    return (
        limits.get("ge", number) <= number <= limits.get("le", number)
        and limits.get("gt", number - 1) < number < limits.get("lt", number + 1)
    )  # fmt: skip


def _limits(field: FieldInfo) -> dict[str, Any]:
    """Give the bounds of a number by pydantic's names: ge, gt, le, lt."""
    found: dict[str, Any] = {}
    for mark in [*field.metadata, *_marks(field.annotation)]:
        for key in ("ge", "gt", "le", "lt"):
            if getattr(mark, key, None) is not None:
                found[key] = getattr(mark, key)
    return found


def _marks(annotation: Any) -> list[Any]:
    """Give what stands beside the type in every Annotated inside an annotation."""
    arguments = get_args(annotation)
    if get_origin(annotation) is Annotated:
        marks = [m for mark in arguments[1:] for m in getattr(mark, "metadata", [mark])]
        return [*marks, *_marks(arguments[0])]
    return [mark for argument in arguments for mark in _marks(argument)]


def _types(annotation: Any) -> set[Any]:
    arguments = get_args(annotation)
    if get_origin(annotation) is Annotated:
        arguments = arguments[:1]
    return {annotation} if not arguments else {t for a in arguments for t in _types(a)}
