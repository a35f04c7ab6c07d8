"""From the columns of a file to the canonical columns, still as text."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from dagster_project.icp.entities import Column
from dagster_project.landing.opened import OpenedFile
from dagster_project.landing.plan import ColumnPlan, EntityPlan
from dagster_project.landing.results import FileError
from dagster_project.landing.sql_text import literal, trimmed


@dataclass(frozen=True)
class MappedColumn:
    """One canonical column with what fills it: a source column or a constant, maybe minutes."""

    column: Column
    plan: ColumnPlan
    source: str | None
    is_numeric_source: bool = False

    @property
    def decimal(self) -> str | None:
        """Give the declared decimal sign; numbers that are numbers already have none."""
        return None if self.is_numeric_source else self.plan.decimal

    def text(self, sources: Mapping[str, str]) -> str:
        """Give SQL for the trimmed, value-mapped text."""
        if self.source is None:
            return f"cast({literal(self.plan.constant)} as varchar)"
        return mapped_text(trimmed(sources[self.source]), self.plan)

    def minutes(self, sources: Mapping[str, str]) -> str | None:
        """Give SQL for the text of the minutes to add, if any are."""
        if self.plan.plus_minutes is None:
            return None
        return trimmed(sources[self.plan.plus_minutes])


@dataclass(frozen=True)
class ResolvedMapping:
    """The mapped columns of one file, in the order of the entity, and what nobody reads."""

    columns: tuple[MappedColumn, ...]
    unmapped: tuple[str, ...]

    @property
    def source_names(self) -> tuple[str, ...]:
        """Give the source columns that are read, each once."""
        names: dict[str, None] = {}
        for mapped in self.columns:
            for name in (mapped.source, mapped.plan.plus_minutes):
                if name is not None:
                    names[name] = None
        return tuple(names)


def mapped_text(text: str, plan: ColumnPlan) -> str:
    """Give SQL that applies the value map; letter case of the source value does not matter."""
    if not plan.value_map:
        return text
    cases = [
        f"when {literal(key.strip().lower())} then {literal(value)}"
        for key, value in plan.value_map
        if key != "*"
    ]
    others = dict(plan.value_map)
    rest = f"case when {text} is not null then {literal(others.get('*'))} end"
    rest = f"cast({rest} as varchar)" if "*" in others else text
    if not cases:
        return rest
    return f"case lower({text}) {' '.join(cases)} else {rest} end"


def resolve(plan: EntityPlan, opened: OpenedFile, name: str) -> ResolvedMapping:
    """Match the mapping with the columns of a file.

    A canonical column that is not mapped is filled by the source column of its own name, if there
    is one. Raise FileError for a mapped or required column that the file lacks or has twice.
    """
    columns: list[MappedColumn] = []
    missing: list[tuple[str, tuple[str, ...]]] = []
    for column in plan.entity.columns:
        declared = plan.columns.get(column.name)
        column_plan = declared or ColumnPlan(aliases=(column.name,))
        source = next((alias for alias in column_plan.aliases if opened.has(alias)), None)
        is_needed = declared is not None or column.required or column.name in plan.entity.key[:1]
        if source is None and column_plan.constant is None:
            if is_needed:
                missing.append((column.name, column_plan.aliases))
            continue
        minutes = column_plan.plus_minutes
        if minutes is not None and not opened.has(minutes):
            missing.append((column.name, (minutes,)))
            continue
        is_numeric = source in opened.numeric_columns
        columns.append(MappedColumn(column, column_plan, source, is_numeric))
    unmapped = _unmapped(plan, opened, columns)
    if missing:
        raise FileError(_missing_message(plan, name, missing, unmapped))
    resolved = ResolvedMapping(tuple(columns), unmapped)
    for source in resolved.source_names:
        times = opened.columns.count(source)
        if times > 1:
            raise FileError(
                f"{plan.name}: {name} has the column {source!r} {times} times: nobody can tell"
                " which is meant. Export it once, or rename the others."
            )
    return resolved


def _unmapped(plan: EntityPlan, opened: OpenedFile, columns: list[MappedColumn]) -> tuple[str, ...]:
    known = set(plan.ignore)
    for mapped in columns:
        # an alias that lost to an earlier one is known too
        names = (*mapped.plan.aliases, mapped.plan.plus_minutes or "")
        known |= {part for name in names for part in (name, name.partition(".")[0])}
    return tuple(dict.fromkeys(name for name in opened.columns if name and name not in known))


def _missing_message(
    plan: EntityPlan,
    name: str,
    missing: list[tuple[str, tuple[str, ...]]],
    unmapped: tuple[str, ...],
) -> str:
    """Say which columns are missing, what was found instead and where to put it."""
    parts = []
    for column, aliases in missing:
        wanted = " or ".join(repr(alias) for alias in aliases)
        part = f"{name} has no column {wanted}, needed for {column}"
        near = _near_names(aliases, unmapped)
        if near:
            part += f" (did you mean {' or '.join(repr(found) for found in near)}?)"
        parts.append(part)
    found = ", ".join(repr(column) for column in unmapped) or "none"
    return (
        f"{plan.name}: {'; '.join(parts)}. Columns of the file that nothing reads: {found}. "
        f"Remedy: add the right name under columns.{missing[0][0]}.from in sources.yml, "
        "or restore the column in the export."
    )


def _near_names(aliases: tuple[str, ...], unmapped: tuple[str, ...]) -> list[str]:
    """Give the unread columns that differ only in case, blanks or punctuation."""

    def plain(name: str) -> str:
        return "".join(character for character in name.lower() if character.isalnum())

    wanted = {plain(alias) for alias in aliases}
    near = [name for name in unmapped if plain(name) in wanted]
    return near or get_close_matches(aliases[0], unmapped, n=2)
