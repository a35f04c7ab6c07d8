"""A hundred publications under readers: each sees whole versions only, and no error."""

import multiprocessing
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb
import pytest
from gate_candidate import publish_marker, settings_in

PUBLICATIONS = 100
_MARKERS = """
    select min(marker), max(marker), count(*) from (
        select marker from {0}.dim_accounts
        union all select marker from {0}.icp_scores
        union all select marker from {0}.sync_crm__accounts
    ) as markers
"""


def _read(folder: Path, keeps_open: bool, stop: Event, answer: Connection) -> None:
    """Query until told to stop; answer with the versions seen and every problem."""
    settings = settings_in(folder)
    seen: list[int] = []
    problems: list[str] = []
    queries = 0
    held = _connect(settings.published) if keeps_open else None
    while not stop.is_set():
        try:
            connection = held or _connect(settings.published)
            low, high, rows = connection.execute(_MARKERS.format("icp.published")).fetchall()[0]
            run = connection.execute("select run_id from icp.published.publication").fetchall()
            if low != high or rows != 60 or run != [(f"run-{low}",)]:
                problems.append(f"mixed: {low} to {high}, {rows} rows, {run}")
            if not seen or seen[-1] != low:
                seen.append(low)
            queries += 1
            if held is None:
                connection.close()
        except Exception as error:  # noqa: BLE001 - any error at all is what is looked for
            problems.append(f"{type(error).__name__}: {error}")
    answer.send((seen, problems, queries))


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config={"threads": 1})
    connection.execute(f"attach '{path}' as icp (read_only)")
    return connection


@pytest.mark.prove
def test_readers_see_only_whole_versions_through_a_hundred_publications(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    publish_marker(settings, 0)
    # children must not inherit DuckDB's threads
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    readers = []
    for keeps_open in (True, False):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_read, args=(tmp_path, keeps_open, stop, sender))
        process.start()
        readers.append((process, receiver))
    for marker in range(1, PUBLICATIONS + 1):
        # half of them are patches of the version before
        publish_marker(settings, marker, incremental_min_rows=0 if marker % 2 else 10**9)
    stop.set()
    (held, held_problems, held_queries), (fresh, fresh_problems, fresh_queries) = [
        receiver.recv() for _, receiver in readers
    ]
    for process, _ in readers:
        process.join()
    assert held_problems == [] and fresh_problems == []
    # the one that kept the file open stayed with the version it opened
    assert len(held) == 1 and held_queries > 20
    # the one that opened it anew moved forward only
    assert fresh == sorted(fresh) and len(fresh) > 10 and fresh_queries > 20
