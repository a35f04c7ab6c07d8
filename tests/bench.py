"""`make bench`: how long a run takes and how much memory, beside one hand-written script.

Sizes come from the command line; figures are printed, never asserted: a bench is read by a person.
Overhead is the wall time that is not work: processes, imports and parsing. Work is the seconds in
which SQL or file I/O was under way, as the run itself recorded them.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import psutil

from dagster_project.demo import advance_sample, create_sample
from dagster_project.resources.settings import PROJECT_ROOT, Settings
from tests.bench_baseline import compare_with_baseline, keep_full_run_seconds


@dataclass
class Measured:
    """One `icp run`: wall and work seconds, seconds by step, peak bytes of the process tree."""

    wall: float
    peak_bytes: int
    steps: dict[str, float] = field(default_factory=dict)

    @property
    def work(self) -> float:
        return sum(self.steps.values())

    @property
    def overhead(self) -> float:
        return self.wall - self.work


def measure(settings: Settings) -> Measured:
    """Run the pipeline once as a user would, watching the memory of all its processes."""
    known = len(_timings(settings))
    environment = os.environ | {
        "ICP_HOME": str(settings.icp_home),
        "ICP_DATA_DIR": str(settings.data_dir),
        "ICP_SOURCES": str(settings.sources_dir),
    }
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own command line
        [str(Path(sys.executable).parent / "icp"), "run"],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    peak = _watch(process)
    wall = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"icp run ended with {process.returncode}; see `icp status`")
    steps: dict[str, float] = defaultdict(float)
    for line in _timings(settings)[known:]:
        steps[line["step"]] += line["seconds"]
    return Measured(wall, peak, dict(steps))


def _watch(process: subprocess.Popen) -> int:
    """Give the highest sum of resident memory over the process and its children, in bytes."""
    peak, done = 0, threading.Event()

    def sample() -> None:
        nonlocal peak
        root = psutil.Process(process.pid)
        while not done.wait(0.2):
            total = 0
            for member in [root, *root.children(recursive=True)]:
                try:
                    total += member.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            peak = max(peak, total)

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    process.wait()
    done.set()
    thread.join()
    return peak


def _timings(settings: Settings) -> list[dict]:
    path = settings.data_dir / "timings.jsonl"
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def report(title: str, measured: Measured) -> None:
    """Print one run: wall, overhead F, work S, its steps and peak memory."""
    print(
        f"{title}: wall {measured.wall:.1f} s = F {measured.overhead:.1f} s"
        f" + S {measured.work:.1f} s, peak {measured.peak_bytes / 2**30:.2f} GiB"
    )
    for step, seconds in sorted(measured.steps.items(), key=lambda item: -item[1]):
        print(f"    {seconds:7.1f} s  {step}")


def bench(folder: Path, accounts: int, events: int) -> tuple[Measured, Measured, Settings]:
    """Build a sample of this size, run it cold, let a day pass, run again."""
    settings = Settings(PROJECT_ROOT / "icp", folder / "data", folder / "sources")
    key = folder / "answer_key.json"
    if not settings.sources_dir.exists():
        print(f"Making {events:,} events of {accounts:,} accounts in {folder} ...", flush=True)
        create_sample(
            settings.sources_dir, key, accounts=accounts, events=events, end=date(2026, 6, 30)
        )
    full = measure(settings)
    keep_full_run_seconds(settings)
    report(f"full build, {events:,} events", full)
    advance_sample(settings.sources_dir, key, days=1)
    day = measure(settings)
    report(f"one new day on {events:,} events", day)
    return full, day, settings


def main() -> None:
    """Run the bench at the size asked for and print every ratio beside its bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=200_000)
    parser.add_argument("--events", type=int, default=50_000_000)
    parser.add_argument("--short-events", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, default=PROJECT_ROOT / "data" / "bench")
    arguments = parser.parse_args()
    full, day, settings = bench(
        arguments.folder / str(arguments.events), arguments.accounts, arguments.events
    )
    compare_with_baseline(settings)
    print(f"S(day) / S(full) = {day.work / full.work:.3f}  (bound 0.10)")
    print(f"F = {full.overhead:.1f} s  (bound 45)")
    print(f"peak = {max(full.peak_bytes, day.peak_bytes) / 2**30:.2f} GiB  (bound 6 GB)")
    _, short_day, _ = bench(
        arguments.folder / str(arguments.short_events), arguments.accounts, arguments.short_events
    )
    print(
        f"S(day, {arguments.events:,}) / S(day, {arguments.short_events:,})"
        f" = {day.work / short_day.work:.3f}  (bound 1.20)"
    )


if __name__ == "__main__":
    main()
