"""Plans of a CRM sync: what would be written, field by field, and whether the guards allow it.

A plan is plain data made from the published file; nothing here talks to a CRM.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dagster_project.activation.difference import (
    compare,
    field_counts,
    gather,
    mirror_of,
    record_counts,
)
from dagster_project.activation.guards import (
    Facts,
    GuardLimits,
    GuardResult,
    Unknown,
    evaluate,
)
from dagster_project.activation.ledger import LedgerError, last_row_count

TABLE = "sync_crm__accounts"
DEFAULT_FIELDS = ("icp_score", "icp_tier", "icp_product", "icp_reasons", "icp_version")


class SyncError(RuntimeError):
    """A plan cannot be made; the message says why and what to do."""


@dataclass(frozen=True)
class FieldChange:
    """One field of one CRM record that differs.

    `kind`: added (the CRM field is empty), changed, or cleared (we have no value). A cleared
    field is reported and never written: an empty value of ours does not erase the CRM's.
    """

    source_system: str | None
    crm_record_id: str | None
    field: str
    kind: str
    before: str | None
    after: str | None

    @property
    def is_written(self) -> bool:
        """Say whether a live run would send this field."""
        return self.kind != "cleared"


@dataclass(frozen=True)
class SyncPlan:
    """A dry run. `changes` leaves out unchanged fields; the counts include them.

    `record_counts` counts CRM records by kind: added (every planned field is empty there),
    changed (something is overwritten or filled), cleared (only blanks of ours against values of
    theirs), unchanged. `field_counts` counts field by kind. Times are UTC without a zone.
    """

    version: str | None
    published_at: datetime | None
    as_of_date: str | None
    planned_at: datetime
    fields: tuple[str, ...]
    changes: tuple[FieldChange, ...]
    records: int
    record_counts: dict[str, int]
    field_counts: dict[str, dict[str, int]]
    guards: tuple[GuardResult, ...]
    digest: str

    @property
    def is_allowed(self) -> bool:
        """Say whether no guard tripped."""
        return not any(guard.is_tripped for guard in self.guards)

    @property
    def to_write(self) -> tuple[FieldChange, ...]:
        """Give the changes that a live run would send."""
        return tuple(change for change in self.changes if change.is_written)


def plan_sync(
    published_path: Path,
    *,
    fields: Sequence[str] = DEFAULT_FIELDS,
    limits: GuardLimits | None = None,
    state_path: Path | None = None,
    now: datetime | None = None,
) -> SyncPlan:
    """Compare the published desired state with the CRM mirror published beside it.

    `state_path` is the database of the ledger, against which the number of rows is judged;
    without it that guard trips. `now` is UTC without a zone, the machine's clock when absent.
    Raises SyncError when the file, its table or a planned column is missing, or when a field is
    not ours to write.
    """
    names = _checked(fields)
    limits = limits or GuardLimits()
    now = now or datetime.now(UTC).replace(tzinfo=None)
    if not published_path.exists():
        raise SyncError(f"Nothing is published at {published_path}: run `icp run` first.")
    try:
        with duckdb.connect(str(published_path), read_only=True) as connection:
            return _plan(connection, names, limits, state_path, now)
    except duckdb.IOException as error:
        raise SyncError(f"Cannot open {published_path} for reading: {error}") from error


def _checked(fields: Sequence[str]) -> tuple[str, ...]:
    """Refuse every field that is not in our own `icp_` namespace, and doubles."""
    names = tuple(fields)
    foreign = [name for name in names if not (name.startswith("icp_") and name.isidentifier())]
    if foreign or not names:
        listed = ", ".join(foreign) or "nothing"
        raise SyncError(f"Only fields named icp_* may be written to the CRM, not: {listed}.")
    if len(set(names)) < len(names):
        raise SyncError(f"A field is listed twice: {', '.join(names)}.")
    return names


def _plan(
    connection: duckdb.DuckDBPyConnection,
    fields: tuple[str, ...],
    limits: GuardLimits,
    state_path: Path | None,
    now: datetime,
) -> SyncPlan:
    types = _column_types(connection, fields)
    relation = f"published.{TABLE}"
    compare(connection, relation, fields, types)
    changes = _changes(connection)
    version, published_at, as_of = _publication(connection)
    facts = gather(connection, relation, has_mirror_flag="crm_is_known" in types) | {
        "previous_records": _previous_records(state_path),
        "published_at": published_at,
        "now": now,
    }
    return SyncPlan(
        version=version,
        published_at=published_at,
        as_of_date=as_of,
        planned_at=now,
        fields=fields,
        changes=changes,
        records=facts["records"],
        record_counts=record_counts(connection),
        field_counts=field_counts(connection, fields),
        guards=evaluate(Facts(**facts), limits),
        digest=digest_of(fields, changes),
    )


def _column_types(connection: duckdb.DuckDBPyConnection, fields: tuple[str, ...]) -> dict[str, str]:
    found = connection.execute(
        "select column_name, data_type from information_schema.columns"
        " where table_schema = 'published' and table_name = ?",
        [TABLE],
    ).fetchall()
    types = dict(found)
    needed = ["crm_record_id", "source_system", *fields, *map(mirror_of, fields)]
    if missing := [name for name in needed if name not in types]:
        what = f"lacks {', '.join(missing)}" if types else "is not in the published file"
        raise SyncError(f"published.{TABLE} {what}: run `icp run` with this version's models.")
    return types


def _changes(connection: duckdb.DuckDBPyConnection) -> tuple[FieldChange, ...]:
    rows = connection.execute("""
        select source_system, crm_record_id, field, kind, before, after
        from comparison
        where kind <> 'unchanged'
        order by source_system, crm_record_id, field, after
    """).fetchall()
    return tuple(FieldChange(*row) for row in rows)


def _publication(
    connection: duckdb.DuckDBPyConnection,
) -> tuple[str | None, datetime | None, str | None]:
    try:
        cursor = connection.execute("select * from published.publication limit 1")
    except duckdb.CatalogException:
        return None, None, None
    row = cursor.fetchone()
    values = dict(zip([column[0] for column in cursor.description], row or (), strict=False))
    version = values.get("version") or values.get("version_id")
    as_of = values.get("as_of_date")
    return version, values.get("published_at"), None if as_of is None else str(as_of)


def _previous_records(state_path: Path | None) -> int | Unknown | None:
    if state_path is None:
        return Unknown("no ledger was given")
    try:
        return last_row_count(state_path)
    except LedgerError as error:
        return Unknown(str(error))


def digest_of(fields: Sequence[str], changes: Iterable[FieldChange]) -> str:
    """Give the SHA-256 of what a plan would write; equal plans of different days are equal."""
    lines = [
        [change.source_system, change.crm_record_id, change.field, change.before, change.after]
        for change in changes
        if change.is_written
    ]
    body = json.dumps([list(fields), lines], separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()
