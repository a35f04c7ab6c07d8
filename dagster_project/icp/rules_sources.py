"""What must hold inside `sources.yml`, beyond the types of its fields."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from dagster_project.icp.entities import ENTITIES, EVENTS, Entity
from dagster_project.icp.problems import FieldPath, Finding, choose
from dagster_project.icp.rules_icp import repeated
from dagster_project.icp.sources import ColumnMapping, Source, SourceEntity, Sources

NEEDED = "crm.accounts"
NEEDED_ONE_OF = ("crm.opportunities", "billing.subscriptions", "product.events")
_FILE_ONLY = (
    "path",
    "format",
    "delimiter",
    "encoding",
    "sheet",
    "date_order",
    "columns",
    "ignore",
)
#: Those that exports are likely to have; any other that Python knows is allowed too.
_ENCODINGS = (
    "utf-8", "utf-16", "cp1250", "cp1251", "cp1252", "latin-1", "iso-8859-15", "cp437", "cp850",
    "mac-roman", "shift_jis", "gb18030", "big5",
)  # fmt: skip
_TYPED_OPTIONS = {
    "decimal": ("integer", "number"),
    "scale": ("number",),
    "plus_minutes": ("timestamp",),
}


def check_sources(sources: Sources) -> Iterator[Finding]:
    """Find what is wrong in the sources file."""
    yield from repeated([source.name for source in sources.sources], ("sources",), "name")
    for index, source in enumerate(sources.sources):
        yield from _check_source(source, ("sources", index))
    provided = sources.provided()
    if not provided <= ENTITIES.keys():
        return  # a misspelt name is reported; what it would have provided cannot be missed
    if NEEDED not in provided:
        yield Finding(("sources",), f"no source provides {NEEDED}", "add the CRM's accounts")
    if not provided.intersection(NEEDED_ONE_OF):
        yield Finding(
            ("sources",),
            "accounts alone say nothing about fit",
            f"add at least one of {', '.join(NEEDED_ONE_OF)}",
        )


def _check_source(source: Source, path: FieldPath) -> Iterator[Finding]:
    systems = {entity.system for entity in ENTITIES.values()}
    if source.system is not None and source.system not in systems:
        yield Finding(
            (*path, "system"), f"`{source.system}` is no system", choose(source.system, systems)
        )
        return
    freshness = source.freshness
    if freshness and freshness.error_after_hours < freshness.warn_after_hours:
        yield Finding(
            (*path, "freshness", "error_after_hours"),
            "the error would come before the warning",
            "make error_after_hours at least warn_after_hours",
        )
    seen: set[str] = set()
    for name, declared in source.declared.items():
        place = (*path, "entities", name)
        entity_id = source.entity_id(name)
        entity = ENTITIES.get(entity_id)
        if entity is None:
            yield _unknown_entity(entity_id, place)
            continue
        if entity_id in seen:
            yield Finding(place, f"{entity_id} is already given above", "keep one of the two")
        seen.add(entity_id)
        yield from _check_entity(declared, entity, place)


def _unknown_entity(entity_id: str, path: FieldPath) -> Finding:
    if "." not in entity_id:
        owners = [key for key, value in ENTITIES.items() if value.name == entity_id]
        remedy = f"write `{owners[0]}`" if len(owners) == 1 else choose(entity_id, ENTITIES)
        return Finding(path, f"`{entity_id}` names no system", f"{remedy}, or add `system: ..`")
    return Finding(path, f"`{entity_id}` is no entity", choose(entity_id, ENTITIES))


def _check_entity(declared: SourceEntity, entity: Entity, path: FieldPath) -> Iterator[Finding]:
    names = {column.name for column in entity.columns}
    if declared.kind == "table":
        for option in _FILE_ONLY:
            if option in declared.model_fields_set:
                yield Finding(
                    (*path, option),
                    f"`{option}` means nothing for a table that is already landed",
                    f"remove it; {entity.raw_table} must have the canonical columns",
                )
    else:
        yield from _check_file(declared, path)
    for index, column in enumerate(declared.key or ()):
        if column not in names:
            yield _unknown_column(column, entity, (*path, "key", index))
    if declared.order_by is not None and declared.order_by not in names:
        yield _unknown_column(declared.order_by, entity, (*path, "order_by"))
    says_mode = "load_mode" in declared.model_fields_set
    if entity is EVENTS and says_mode and declared.load_mode != "append":
        yield Finding(
            (*path, "load_mode"),
            "events are only ever appended",
            "write `load_mode: append`",
        )
    for name, mapping in declared.columns.items():
        yield from _check_mapping(name, mapping, entity, (*path, "columns", name))
    yield from _check_ignored(declared, path)


def _check_file(declared: SourceEntity, path: FieldPath) -> Iterator[Finding]:
    if declared.path is None:
        yield Finding(path, "a file needs a path", "add `path: <file or glob>`, or `kind: table`")
        return
    place = (*path, "path")
    parts = PurePosixPath(declared.path)
    if parts.is_absolute() or ".." in parts.parts or "\\" in declared.path:
        yield Finding(
            place,
            f"`{declared.path}` leaves the sources folder or is not portable",
            "write a path inside the sources folder, with forward slashes",
        )
    yield from _check_encodings(declared, (*path, "encoding"))
    kind = declared.file_format
    if kind is None:
        yield Finding(
            place,
            f"the format of `{declared.path}` cannot be told from its suffix",
            "add `format: csv`, jsonl, parquet or excel",
        )
    for option, needed in (("sheet", "excel"), ("delimiter", "csv")):
        if option in declared.model_fields_set and kind not in (needed, None):
            yield Finding(
                (*path, option), f"a {kind} file has no {option}", f"remove it, or use {needed}"
            )


def _check_encodings(declared: SourceEntity, path: FieldPath) -> Iterator[Finding]:
    for encoding in declared.encoding or ():
        try:
            "".encode(encoding)
        except (LookupError, ValueError):  # unknown, or no encoding of text
            known = choose(encoding, _ENCODINGS)
            yield Finding(
                path, f"`{encoding}` is no text encoding", f"{known}, or another that Python knows"
            )


def _unknown_column(column: str, entity: Entity, path: FieldPath) -> Finding:
    return Finding(
        path,
        f"`{column}` is no column of {entity.id}",
        choose(column, [known.name for known in entity.columns]),
    )


def _check_mapping(
    name: str, mapping: ColumnMapping, entity: Entity, path: FieldPath
) -> Iterator[Finding]:
    types = {column.name: column.type for column in entity.columns}
    if name not in types:
        yield _unknown_column(name, entity, path)
        return
    if (mapping.from_ is None) == (mapping.value is None):
        yield Finding(
            path, "needs either `from` or `value`", "write `from: <source column>` or `value: ..`"
        )
    if mapping.from_ is None and (mapping.map or mapping.plus_minutes):
        yield Finding(path, "a constant cannot be mapped", "write the canonical value itself")
    for option, allowed in _TYPED_OPTIONS.items():
        if getattr(mapping, option) is not None and types[name] not in allowed:
            yield Finding(
                (*path, option),
                f"`{name}` is a {types[name]}; {option} is for {' and '.join(allowed)} columns",
                "remove it",
            )


def _check_ignored(declared: SourceEntity, path: FieldPath) -> Iterator[Finding]:
    read = {
        source
        for mapping in declared.columns.values()
        for source in (*(mapping.from_ or ()), mapping.plus_minutes)
    }
    for index, column in enumerate(declared.ignore):
        if column in read:
            yield Finding(
                (*path, "ignore", index), f"`{column}` is mapped and ignored", "remove one of both"
            )
