"""Makes the sample company, and lets days pass in it.

The whole world is planned once, a year past the end; a day is then shown, never simulated again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from shutil import rmtree

from dagster_project.demo.answer_key import EventCounts, write_answer_key
from dagster_project.demo.event_files import write_days
from dagster_project.demo.events import Usage, make_usage
from dagster_project.demo.plan import Plan
from dagster_project.demo.state import SampleRefusedError, SampleStateError, State, show
from dagster_project.demo.world import plan_world
from dagster_project.demo.write import (
    EARLY_DUMP_DAYS,
    damage_files,
    write_early_dump,
    write_exports,
)

#: the end of the sample that `icp demo create` makes
DEFAULT_END = date(2026, 6, 30)
_USAGE_COLUMNS = [
    "active_from", "active_to", "value_from", "intensity", "product_id",
    "first_user", "user_count",
]  # fmt: skip


@dataclass(frozen=True)
class SampleSummary:
    """What was written: the last day shown, rows per entity, and events by month or more."""

    first_day: date
    last_day: date
    rows: dict[str, int] = field(default_factory=dict)
    event_rows: int = 0
    defect_rows: int = 0

    def __str__(self) -> str:
        """Say it in two lines."""
        written = sum(self.rows.values())
        return (
            f"Sample company from {self.first_day} to {self.last_day}: {written:,} rows in "
            f"{sum(1 for count in self.rows.values() if count)} entities, "
            f"{self.event_rows:,} product events.\n"
            f"{self.defect_rows:,} planted defects so far are listed in the answer key."
        )

    def __rich__(self) -> str:
        """Show the same on a terminal."""
        return str(self)


def create_sample(
    sources_dir: Path,
    answer_key: Path,
    *,
    accounts: int = 4000,
    months: int = 36,
    events: int = 1_000_000,
    seed: int = 7,
    end: date = DEFAULT_END,
    progress: Callable[[str], None] | None = None,
) -> SampleSummary:
    """Write the source files of the sample company and its answer key, replacing an older one.

    Raises SampleRefusedError for a size that makes no company, or a folder of something else.
    """
    say = progress or (lambda _: None)
    plan = _checked(Plan(accounts, months, events, seed, end))
    state = State.beside(answer_key)
    _make_room(sources_dir, state)
    state.save_progress(plan, sources_dir, None, [])
    say("planning companies, deals, contracts and tickets")
    usage_plan = plan_world(plan, state)
    with state.connect(plan, end) as connection:
        say("writing the files of CRM, billing, support and marketing")
        early = end - timedelta(days=EARLY_DUMP_DAYS)
        show(connection, early)
        write_early_dump(connection, sources_dir, early)
        show(connection, end)
        rows = write_exports(connection, sources_dir, end, None)
        damaged = damage_files(sources_dir)
        folder = sources_dir / "product" / "events"
        counts = EventCounts(write_days(plan, usage_plan, folder, plan.start, end, say))
        key = write_answer_key(connection, answer_key, plan, end, counts, damaged)
    state.save_progress(plan, sources_dir, end, counts.rows())
    return SampleSummary(
        plan.start, end, rows, counts.row_count(), sum(row["count"] for row in key["defects"])
    )


def advance_sample(
    sources_dir: Path,
    answer_key: Path,
    days: int,
    *,
    progress: Callable[[str], None] | None = None,
) -> SampleSummary:
    """Let `days` pass: new dumps, deltas and event partitions, and an answer key as of the new end.

    Raises SampleStateError without a sample, or when it was planned no further.
    """
    say = progress or (lambda _: None)
    state = State.beside(answer_key)
    plan, shown, known = state.load_progress()
    last = shown + timedelta(days=days)
    if days < 1 or last > plan.horizon:
        left = (plan.horizon - shown).days
        message = (
            f"The sample can advance by 1 to {left} days from {shown}, not by {days}. "
            "Create a new one with a later end to go further."
        )
        raise SampleStateError(message)
    usage_plan = _load_usage(plan, state)
    with state.connect(plan, last) as connection:
        say(f"writing what changed from {shown + timedelta(days=1)} to {last}")
        rows = write_exports(connection, sources_dir, last, shown)
        folder = sources_dir / "product" / "events"
        first = shown + timedelta(days=1)
        counts = EventCounts(write_days(plan, usage_plan, folder, first, last, say))
        total = EventCounts.of(known).plus(counts)
        key = write_answer_key(connection, answer_key, plan, last, total, None)
    state.save_progress(plan, sources_dir, last, total.rows())
    found = sum(row["count"] for row in key["defects"])
    return SampleSummary(shown + timedelta(days=1), last, rows, counts.row_count(), found)


def _checked(plan: Plan) -> Plan:
    if plan.accounts < 50 or plan.months < 3 or plan.events < 1:
        message = "A sample company needs at least 50 accounts, 3 months and 1 event."
        raise SampleRefusedError(message)
    return plan


def _make_room(sources: Path, state: State) -> None:
    """Empty the folders of an older sample; refuse to touch files that are not a sample's."""
    if sources.exists() and any(sources.iterdir()):
        if not state.made(sources):
            message = (
                f"{sources} holds files that no sample company made. "
                "Name an empty folder, or move them away first."
            )
            raise SampleRefusedError(message)
        rmtree(sources)
    if state.folder.exists():
        rmtree(state.folder)
    sources.mkdir(parents=True, exist_ok=True)


def _load_usage(plan: Plan, state: State) -> Usage:
    users = state.load("users", ["user_id", "is_internal"])
    return make_usage(plan, state.load("workspaces", _USAGE_COLUMNS), users)
