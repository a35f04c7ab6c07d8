"""The typed model of `sources.yml`: where each entity comes from and how its columns are named."""

from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from dagster_project.icp.entities import EVENTS
from dagster_project.icp.fields import Definition, Share, Slug, Text, TimeZone

Constant = bool | int | float | str
FileFormat = Literal["csv", "jsonl", "parquet", "excel"]
LoadMode = Literal["snapshot", "delta", "append"]

SUFFIX_FORMATS: dict[str, FileFormat] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".xlsx": "excel",
    ".xls": "excel",
    ".xlsm": "excel",
}


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


#: One name or a list of them.
Names = Annotated[
    tuple[Text, ...],
    BeforeValidator(_listed, json_schema_input_type=Text | list[Text]),
    Field(min_length=1),
]


class ColumnMapping(Definition):
    """How one canonical column is filled: from a source column (aliases) or with a constant."""

    from_: Annotated[
        Names | None, Field(alias="from", description="Aliases; the first one present wins")
    ] = None
    value: Annotated[Constant | None, Field(description="A constant for every row")] = None
    map: Annotated[
        dict[str, Constant | None] | None,
        Field(description="Source value: canonical value; '*' maps all others"),
    ] = None
    decimal: Annotated[Literal[",", "."] | None, Field(description="Decimal sign")] = None
    scale: Annotated[float | None, Field(gt=0, description="Multiply the number by this")] = None
    plus_minutes: Annotated[
        Text | None, Field(description="Source column with minutes to add to the time")
    ] = None


def _mapping(value: Any) -> Any:
    return {"from": value} if isinstance(value, str | list | tuple) else value


Mapping = Annotated[
    ColumnMapping,
    BeforeValidator(_mapping, json_schema_input_type=Text | list[Text] | ColumnMapping),
]


class Tolerances(Definition):
    """What an entity may lose before the run is stopped. Rates are shares of the rows read."""

    rejected_rate: Share = 0.02
    duplicate_rate: Share = 0.01
    field_error_rate: Share = 0.02
    max_drop_rate: Annotated[Share, Field(description="Fall of the row count since last time")] = (
        0.5
    )
    min_rows: Annotated[int, Field(ge=0)] = 1


class Freshness(Definition):
    """The age, in hours before the run, at which a source is stale."""

    warn_after_hours: Annotated[float, Field(gt=0)]
    error_after_hours: Annotated[float, Field(gt=0)]


class SourceEntity(Definition):
    """One entity of a source: its files (or table), how they load, how columns are named."""

    kind: Literal["file", "table"] = "file"
    path: Annotated[Text | None, Field(description="Relative to the sources folder; globs")] = None
    format: FileFormat | None = None
    delimiter: Annotated[str | None, Field(min_length=1, max_length=1)] = None
    encoding: Names | None = None
    sheet: Text | None = None
    load_mode: LoadMode = "snapshot"
    key: tuple[Text, ...] | None = None
    order_by: Text | None = None
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    columns: dict[str, Mapping] = {}
    ignore: Annotated[tuple[Text, ...], Field(description="Knowingly not read")] = ()
    tolerances: Tolerances = Tolerances()

    @property
    def file_format(self) -> FileFormat | None:
        """Give the declared format, or that of the path's suffix; None when neither says."""
        if self.format or not self.path:
            return self.format
        return SUFFIX_FORMATS.get(PurePosixPath(self.path).suffix.lower())


class Source(Definition):
    """One instance of a system, named as `_source` names it on every row."""

    name: Slug
    system: Annotated[Text | None, Field(description="Of entities without a system")] = None
    time_zone: Annotated[TimeZone | None, Field(description="Of times without a zone")] = None
    freshness: Freshness | None = None
    declared: Annotated[
        dict[str, SourceEntity],
        Field(alias="entities", min_length=1, description="`accounts` or `billing.customers`"),
    ]

    def entity_id(self, name: str) -> str:
        """Qualify an entity's name with the default system."""
        return name if "." in name or not self.system else f"{self.system}.{name}"

    @property
    def entities(self) -> dict[str, SourceEntity]:
        """Give the entities by qualified id, e.g. `crm.accounts`; events default to append."""
        named = {self.entity_id(name): entity for name, entity in self.declared.items()}
        events = named.get(EVENTS.id)
        if events is not None:
            named[EVENTS.id] = events.model_copy(update={"load_mode": "append"})
        return named


class Sources(Definition):
    """All sources of the company."""

    sources: Annotated[tuple[Source, ...], Field(min_length=1)]

    def provided(self) -> set[str]:
        """Give the ids of all entities that some source provides."""
        return {entity_id for source in self.sources for entity_id in source.entities}
