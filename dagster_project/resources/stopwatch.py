"""Where the seconds of a run go: work (SQL and file I/O) by step, one JSON line each.

`make bench` reads the file; what is not work is the fixed overhead of processes and imports.
"""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from dagster_project.resources.settings import Settings


def timings_file(settings: Settings) -> Path:
    """Give the file of timings, one line per step of every run."""
    return settings.data_dir / "timings.jsonl"


@contextmanager
def timed(settings: Settings, run_id: str, step: str) -> Iterator[None]:
    """Record the wall seconds of the block as work of `step`, also when it raises."""
    started = time.perf_counter()
    try:
        yield
    finally:
        record_seconds(settings, run_id, step, time.perf_counter() - started)


def record_seconds(settings: Settings, run_id: str, step: str, seconds: float) -> None:
    """Append one line to the file of timings."""
    line = json.dumps({"run_id": run_id, "step": step, "seconds": round(seconds, 3)})
    with timings_file(settings).open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def busy_seconds(run_results: Path) -> tuple[float, dict[str, float]]:
    """Read dbt's run_results.json: seconds with a node executing, and seconds by node.

    Nodes on two threads overlap, so the total is the length of the union of their intervals.
    """
    results = json.loads(run_results.read_text(encoding="utf-8"))["results"]
    nodes = {result["unique_id"]: float(result["execution_time"]) for result in results}
    return _union_length(_intervals(results)), nodes


def _intervals(results: Iterable[dict]) -> list[tuple[datetime, datetime]]:
    found = []
    for result in results:
        for timing in result.get("timing", ()):
            if timing["name"] == "execute" and timing.get("completed_at"):
                found.append((_moment(timing["started_at"]), _moment(timing["completed_at"])))
    return sorted(found)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _union_length(intervals: list[tuple[datetime, datetime]]) -> float:
    total, end = 0.0, None
    for start, stop in intervals:
        if end is None or start >= end:
            total += (stop - start).total_seconds()
            end = stop
        elif stop > end:
            total += (stop - end).total_seconds()
            end = stop
    return total
