"""How one entity of one source is read, as landing needs it: free of YAML and of validation."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import Literal

from dagster_project.icp.entities import ENTITIES, Entity
from dagster_project.icp.sources import (
    SUFFIX_FORMATS,
    ColumnMapping,
    FileFormat,
    LoadMode,
    Source,
    SourceEntity,
    Sources,
)
from dagster_project.landing.dates import Zones
from dagster_project.landing.results import FileError

DateOrder = Literal["dmy", "mdy", "ymd"]

#: Raise it when the way of reading changes so that files must be read again.
READING_VERSION = 1


@dataclass(frozen=True)
class ColumnPlan:
    """How one canonical column is filled: from the first alias present, or with a constant.

    `value_map` pairs a source text with a canonical text; `*` stands for every other value.
    """

    aliases: tuple[str, ...] = ()
    constant: str | None = None
    value_map: tuple[tuple[str, str | None], ...] = ()
    decimal: str | None = None
    scale: float | None = None
    plus_minutes: str | None = None


@dataclass(frozen=True)
class EntityPlan:
    """One entity of one source. `path` is relative to the sources folder and may be a glob."""

    source: str
    entity: Entity
    path: str
    format: FileFormat | None = None
    delimiter: str | None = None
    encodings: tuple[str, ...] = ()
    sheet: str | None = None
    load_mode: LoadMode = "snapshot"
    declared_key: tuple[str, ...] | None = None
    declared_order: str | None = None
    date_order: DateOrder | None = None
    zones: Zones = Zones()
    columns: Mapping[str, ColumnPlan] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """Give the columns that identify a record inside the source."""
        return self.declared_key or self.entity.key

    @property
    def order_by(self) -> str | None:
        """Give the column that tells the newer of two versions of a record."""
        return self.declared_order or self.entity.order

    @property
    def name(self) -> str:
        """Give the entity as an error message names it, e.g. `harbor_crm, entity crm.accounts`."""
        return f"source {self.source}, entity {self.entity.id}"

    @property
    def file_format(self) -> FileFormat:
        """Give the declared format or that of the suffix; raise FileError when neither says."""
        found = self.format or SUFFIX_FORMATS.get(PurePosixPath(self.path).suffix.lower())
        if found is None:
            raise FileError(
                f"{self.name}: the format of {self.path!r} cannot be told from its name. "
                "Add `format: csv`, jsonl, parquet or excel to it in sources.yml."
            )
        return found

    @property
    def fingerprint(self) -> str:
        """Give a short hash of all that decides how a file's values land, so a change reloads."""
        body = asdict(self) | {"entity": self.entity.id, "version": READING_VERSION}
        body["entity_columns"] = [(column.name, column.type) for column in self.entity.columns]
        for unrelated in ("path", "ignore"):
            del body[unrelated]
        text = json.dumps(body, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _text(value: object) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _column_plan(mapping: ColumnMapping) -> ColumnPlan:
    return ColumnPlan(
        aliases=mapping.from_ or (),
        constant=_text(mapping.value),
        value_map=tuple((str(key), _text(value)) for key, value in (mapping.map or {}).items()),
        decimal=mapping.decimal,
        scale=mapping.scale,
        plus_minutes=mapping.plus_minutes,
    )


def entity_plan(
    source: Source, entity_id: str, declared: SourceEntity, company_time_zone: str
) -> EntityPlan:
    """Turn one validated entity of sources.yml into a plan; `kind: table` has none."""
    return EntityPlan(
        source=source.name,
        entity=ENTITIES[entity_id],
        path=declared.path or "",
        format=declared.file_format,
        delimiter=declared.delimiter,
        encodings=declared.encoding or (),
        sheet=declared.sheet,
        load_mode=declared.load_mode,
        declared_key=declared.key,
        declared_order=declared.order_by,
        date_order=declared.date_order,
        zones=Zones(source.time_zone or company_time_zone, company_time_zone),
        columns={name: _column_plan(mapping) for name, mapping in declared.columns.items()},
        ignore=declared.ignore,
    )


def plans(sources: Sources, company_time_zone: str) -> list[EntityPlan]:
    """Give a plan for every entity that comes as files, in the order of sources.yml."""
    return [
        entity_plan(source, entity_id, declared, company_time_zone)
        for source in sources.sources
        for entity_id, declared in source.entities.items()
        if declared.kind == "file"
    ]
