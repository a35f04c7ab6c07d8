"""Event files that are not Parquet: converted once, to Parquet partitioned by date of receipt.

Layout: <lake>/<source>/dt=YYYY-MM-DD/<fingerprint>_<n>.parquet. A version of a file has its own
names, and readers are given a list of names, so old and new are never seen together.
"""

import hashlib
import shutil
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import duckdb

from dagster_project.icp.entities import EVENTS
from dagster_project.landing.discovery import find_files
from dagster_project.landing.event_files import EventFile, HeldEventFile, scan_events
from dagster_project.landing.ledger import record_problems
from dagster_project.landing.plan import EntityPlan
from dagster_project.landing.records import ReadFile, read_records
from dagster_project.landing.sql_text import literal
from dagster_project.landing.supersession import Arrival


def find_convertible(plan: EntityPlan, sources_dir: Path) -> list[EventFile]:
    """Give the files in name order, told apart by content, name and mapping."""
    files = []
    for file in find_files(plan, sources_dir, may_be_absent=False):
        identity = "|".join((file.name, file.content_hash, plan.fingerprint))
        fingerprint = hashlib.sha256(identity.encode()).hexdigest()[:20]
        files.append(EventFile(file.name, file.path, fingerprint, file.file_bytes))
    return files


def outputs(lake_dir: Path, source: str, fingerprints: Collection[str]) -> list[Path]:
    """Give the converted files of these versions, in order."""
    found = (lake_dir / source).glob("dt=*/*.parquet")
    return sorted(path for path in found if path.stem.partition("_")[0] in fingerprints)


def lost_versions(lake_dir: Path, source: str, held: Collection[HeldEventFile]) -> frozenset[str]:
    """Give the versions that are held with events but whose converted files are gone."""
    expected = {file.fingerprint for file in held if file.event_rows}
    present = {path.stem.partition("_")[0] for path in outputs(lake_dir, source, expected)}
    return frozenset(expected - present)


def remove_obsolete(lake_dir: Path, source: str, current: Collection[str]) -> None:
    """Delete converted files of versions that are no longer current, and half-written ones."""
    folder = lake_dir / source
    for path in folder.glob("dt=*/*.parquet"):
        if path.stem.partition("_")[0] not in current:
            path.unlink()
    for path in folder.glob(".incoming-*"):
        shutil.rmtree(path)


def convert(
    connection: duckdb.DuckDBPyConnection,
    arrival: Arrival,
    file: EventFile,
    lake_dir: Path,
    work_dir: Path,
) -> tuple[ReadFile, dict[tuple[str, str], int]]:
    """Convert one file and count it into the scan; give what was read and its field errors.

    Raise FileError when the file cannot be read.
    """
    plan, known_at = arrival.plan, arrival.known_at
    read = read_records(
        connection, plan, file.path, file.name, known_at=known_at, work_dir=work_dir
    )
    errors = record_problems(connection, arrival, read)
    select = f"select *, {literal(file.name)} as _file from landing_records"
    scan_events(connection, plan, select, known_at=known_at)
    _write(connection, select, lake_dir / plan.source, file.fingerprint, known_at)
    return read, errors


def _write(
    connection: duckdb.DuckDBPyConnection,
    select: str,
    folder: Path,
    fingerprint: str,
    known_at: datetime,
) -> None:
    incoming = folder / f".incoming-{fingerprint}"
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir(parents=True)
    # a killed run may have left some files of this very version
    for path in folder.glob(f"dt=*/{fingerprint}_*.parquet"):
        path.unlink()
    columns = ", ".join(column.name for column in EVENTS.columns)
    # an event without any time is kept, under the day it was landed; staging rejects it
    day = f"coalesce(received_at, occurred_at, timestamp '{known_at.isoformat(sep=' ')}')"
    connection.execute(
        f"""
        copy (
            select {columns}, _file, _row, cast({day} as date) as dt from ({select}) as events
            order by dt
        ) to {literal(str(incoming))} (
            format parquet, compression zstd, partition_by (dt),
            filename_pattern '{fingerprint}_{{i}}', overwrite_or_ignore true
        )
        """
    )
    for path in sorted(incoming.glob("dt=*/*.parquet")):
        target = folder / path.parent.name / path.name
        target.parent.mkdir(exist_ok=True)
        path.replace(target)
    shutil.rmtree(incoming)
