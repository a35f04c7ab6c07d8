"""The run lock, the run status, the status overview and the state that outlives rebuilds."""

import json
import multiprocessing
import time
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from gate_candidate import build_candidate, publish_marker, published, settings_in

from dagster_project.checks.results import CheckResult
from dagster_project.cli import publish as publish_command
from dagster_project.icp.registry_tables import ddl_statements
from dagster_project.publication import status
from dagster_project.publication.lock import LockHeldError, lock_holder, run_lock
from dagster_project.publication.publish import rollback
from dagster_project.publication.run_status import (
    read_run_status,
    record_failure,
    record_step,
    start_run,
    status_path,
)
from dagster_project.publication.state import (
    STATE_TABLES,
    open_state,
    read_previous_tiers,
    store_tiers,
)
from dagster_project.resources.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


def _hold(folder: Path, seconds: float) -> None:
    with run_lock(settings_in(folder), run_id="first"):
        time.sleep(seconds)


def _other_process(folder: Path, seconds: float) -> multiprocessing.Process:
    """Start a process that holds the lock, and return once it does."""
    process = multiprocessing.get_context("fork").Process(target=_hold, args=(folder, seconds))
    process.start()
    deadline = time.monotonic() + 10
    while lock_holder(settings_in(folder)) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    return process


def test_second_run_waits_and_says_for_whom(settings: Settings) -> None:
    process = _other_process(settings.data_dir, 1.2)
    said: list[str] = []
    with run_lock(settings, run_id="second", timeout_seconds=10, notify=said.append):
        holder = lock_holder(settings)
    process.join()
    assert holder is not None and holder.run_id == "second"
    assert len(said) == 1 and "run first" in said[0] and str(process.pid) in said[0]
    assert lock_holder(settings) is None


def test_second_run_gives_up_and_names_the_holder(settings: Settings) -> None:
    process = _other_process(settings.data_dir, 30)
    with (
        pytest.raises(LockHeldError, match=rf"run first \(process {process.pid}"),
        run_lock(settings, run_id="second", timeout_seconds=0.3),
    ):
        pass
    process.kill()
    process.join()


def test_killed_holder_frees_the_lock(settings: Settings) -> None:
    process = _other_process(settings.data_dir, 30)
    process.kill()
    process.join()
    # the file still names the dead one
    assert "first" in settings.lock.read_text()
    assert lock_holder(settings) is None
    with run_lock(settings, run_id="second", timeout_seconds=0):
        pass


def _failed_check() -> CheckResult:
    return CheckResult(
        "months_contiguous", "marts", "marts.fct_mrr_movements", "failed", "error", 3, "3", "0",
        "marts.fct_mrr_movements: spines with a month missing are 3 (allowed: 0). Look upstream.",
    )  # fmt: skip


def test_nothing_published_is_stale_and_says_what_to_do(settings: Settings) -> None:
    found = status(settings)
    assert found.published is None and found.is_stale
    assert "icp run" in found.reasons[0]
    assert not settings.data_dir.joinpath("state.duckdb").exists()


def test_fresh_publication_is_not_stale(settings: Settings) -> None:
    version = publish_marker(settings, 1)
    found = status(settings)
    assert found.published is not None and found.published.version == version.version
    assert not found.is_stale and found.reasons == ()
    assert found.age_hours is not None and 0 <= found.age_hours < 0.1


def test_failed_run_makes_the_last_good_version_stale_and_names_the_checks(
    settings: Settings,
) -> None:
    publish_marker(settings, 1)
    with run_lock(settings, run_id="run-2"):
        start_run(settings, "run-2")
        record_step(settings, "audit")
        running = status(settings)
        assert running.current_run is not None and running.current_run.step == "audit"
        assert running.lock is not None and not running.is_stale
        record_failure(settings, "run-2", "1 check failed", [_failed_check()])
        # the step that raised says less than the gate did
        record_failure(settings, "run-2", "PublicationBlockedError: ...")
    found = status(settings)
    assert found.is_stale and found.published is not None and found.published.run_id == "run-1"
    assert "run-2" in found.reasons[0] and "audit" in found.reasons[0]
    assert any("months_contiguous" in c.check_name for c in found.last_failure.checks)
    assert "marts.fct_mrr_movements" in found.reasons[1] and "Look upstream" in found.reasons[1]
    publish_marker(settings, 3)
    assert not status(settings).is_stale


def test_killed_run_is_named_with_its_step(settings: Settings) -> None:
    publish_marker(settings, 1)
    start_run(settings, "run-2")
    record_step(settings, "dbt build")
    found = status(settings)
    assert found.is_stale and "killed during: dbt build" in found.reasons[0]
    # the next run starts: the killed one stays named until something is published
    with run_lock(settings, run_id="run-3"):
        start_run(settings, "run-3")
        assert "run-2" in status(settings).reasons[0]
    publish_marker(settings, 3)
    assert not status(settings).is_stale


def test_run_killed_after_its_version_was_in_place_counts_as_published(settings: Settings) -> None:
    publish_marker(settings, 2)
    content = json.loads(status_path(settings).read_text())
    content["current"] = {
        "run_id": "run-2", "started_at": "2026-01-01T00:00:00", "step": "publication", "pid": 1,
    }  # fmt: skip
    content["last_success"] = None
    status_path(settings).write_text(json.dumps(content))
    assert not status(settings).is_stale


def test_rollback_is_told_until_the_next_publication(settings: Settings) -> None:
    first, second = publish_marker(settings, 1), publish_marker(settings, 2)
    rollback(settings)
    found = status(settings)
    assert found.is_stale and second.version in found.reasons[0]
    assert found.rolled_back_from == second.version
    assert [version.version for version in found.restorable] == [second.version]
    assert found.published is not None and found.published.version == first.version
    publish_marker(settings, 3)
    assert not status(settings).is_stale


def test_status_of_sources_comes_from_the_published_checks(settings: Settings) -> None:
    build_candidate(settings, 1)
    check = CheckResult(
        "freshness_warn__harbor_crm", "raw", "source harbor_crm", "failed", "warn", None, "40.5",
        "at most 36", "late", "run-1", datetime(2030, 7, 1),  # noqa: DTZ001
    )  # fmt: skip
    from dagster_project.checks.results import write_results

    with duckdb.connect(str(settings.warehouse)) as warehouse:
        write_results(warehouse, [check])
    publish_marker(settings, 1)
    (source,) = status(settings).sources
    assert (source.source, source.status, source.observed_hours) == ("harbor_crm", "failed", "40.5")


def test_run_status_survives_a_half_written_file(settings: Settings) -> None:
    start_run(settings, "run-1")
    status_path(settings).with_name(".run_status.json.x.unfinished").write_text("{")
    assert read_run_status(settings).current is not None


def test_state_tables_are_made_once_and_kept(settings: Settings) -> None:
    with open_state(settings) as state:
        state.execute("insert into suppressed_persons values ('hash', 'asked', '2030-01-01')")
    with open_state(settings) as state:
        tables = {
            name for (name,) in state.execute("select table_name from duckdb_tables()").fetchall()
        }
        assert tables == set(STATE_TABLES)
        assert state.execute("select count(*) from suppressed_persons").fetchall() == [(1,)]


def _previous(settings: Settings) -> set[tuple]:
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        for statement in ddl_statements():
            warehouse.execute(statement)
        read_previous_tiers(settings, warehouse)
        return set(
            warehouse.execute("select account_id, tier from icp_registry.previous_tiers").fetchall()
        )


def test_published_tiers_are_the_previous_ones_of_the_next_run(settings: Settings) -> None:
    publish_marker(settings, 1, accounts=2, tier="A")
    assert _previous(settings) == {("acc-0", "A"), ("acc-1", "A")}
    publish_marker(settings, 2, accounts=2, tier="B")
    assert _previous(settings) == {("acc-0", "B"), ("acc-1", "B")}
    history = published(settings, "select count(*) from tier_history")
    # a version holds the history up to the one before it: its own tiers are in icp_scores
    assert history == [(2,)]


def test_tiers_are_stored_once_per_version_and_only_where_they_changed(settings: Settings) -> None:
    publish_marker(settings, 1, accounts=3, tier="A")
    assert store_tiers(settings) == 0
    publish_marker(settings, 2, accounts=4, tier="A")
    with open_state(settings) as state:
        assert state.execute("select count(*) from tiers").fetchall() == [(4,)]


def test_rollback_does_not_roll_back_the_state(settings: Settings) -> None:
    publish_marker(settings, 1, accounts=2, tier="A")
    publish_marker(settings, 2, accounts=2, tier="B")
    rollback(settings)
    assert _previous(settings) == {("acc-0", "B"), ("acc-1", "B")}


def test_tiers_of_a_run_that_was_killed_before_storing_them_are_stored_later(
    settings: Settings,
) -> None:
    publish_marker(settings, 1, accounts=2, tier="A")
    settings.state.unlink()
    assert _previous(settings) == {("acc-0", "A"), ("acc-1", "A")}


def test_publishing_without_a_build_is_refused_and_leaves_no_killed_run(
    settings: Settings,
) -> None:
    start_run(settings, "run-1")
    record_failure(settings, "run-1", "the export broke")
    build_candidate(settings, 1)
    assert publish_command.publish_again(settings) == 1
    found = read_run_status(settings)
    assert found.current is None
    assert found.last_failure is not None and found.last_failure.reason == "the export broke"


def test_publishing_that_raises_is_noted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(publish_command, "latest_build", broken)
    build_candidate(settings, 1)
    with pytest.raises(OSError, match="disk is full"):
        publish_command.publish_again(settings)
    found = read_run_status(settings)
    assert found.current is None
    assert found.last_failure is not None and "the disk is full" in found.last_failure.reason
