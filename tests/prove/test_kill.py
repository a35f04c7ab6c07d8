"""`kill -9` at every step of the gate: readers keep the last version, the next run just works."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from gate_candidate import publish_marker, published, settings_in
from kill_target import STEPS

from dagster_project.publication import status
from dagster_project.publication.durable import UNFINISHED
from dagster_project.publication.lock import lock_holder
from dagster_project.publication.publish import kept_versions
from dagster_project.publication.state import open_state

#: From this step on readers have the new version.
FIRST_VISIBLE = "after the rename, before filing"


def _kill_at(folder: Path, step: str, marker: int) -> None:
    program = Path(__file__).with_name("kill_target.py")
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, str(program), str(folder), step, str(marker)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n", "it ended before it came to the step"
    process.kill()
    assert process.wait() == -9


def _markers(folder: Path) -> set[int]:
    query = "select marker from {} union select marker from {}".format(
        "dim_accounts", "sync_crm__accounts"
    )
    return {marker for (marker,) in published(settings_in(folder), query)}


@pytest.mark.prove
@pytest.mark.parametrize("step", STEPS)
def test_killed_run_leaves_the_last_version_and_needs_no_cleaning(
    tmp_path: Path, step: str
) -> None:
    settings = settings_in(tmp_path)
    for marker in range(6):
        publish_marker(settings, marker, tier="A")
    with duckdb.connect(":memory:") as reader:
        reader.execute(f"attach '{settings.published}' as icp (read_only)")
        _kill_at(tmp_path, step, 6)
        assert reader.execute(
            "select distinct marker from icp.published.dim_accounts"
        ).fetchall() == [(5,)]
    is_visible = STEPS.index(step) >= STEPS.index(FIRST_VISIBLE)
    expected = 6 if is_visible else 5
    assert _markers(tmp_path) == {expected}
    assert lock_holder(settings) is None
    found = status(settings)
    assert found.is_stale is not is_visible
    if not is_visible:
        assert "run-6 was killed during" in " ".join(found.reasons)
    _assert_next_run_works(tmp_path, expected)


def _assert_next_run_works(folder: Path, last: int) -> None:
    settings = settings_in(folder)
    publish_marker(settings, 7, tier="B")
    assert _markers(folder) == {7}
    assert not status(settings).is_stale
    leftovers = [path for path in folder.rglob(f"*{UNFINISHED}*")]
    assert leftovers == []
    # every version kept was once published, and opens
    names = [path.stem for path in kept_versions(settings)]
    assert len(names) == 5
    restorable = [version.run_id for version in status(settings).restorable]
    assert restorable[0] == f"run-{last}"
    with open_state(settings) as state:
        stored = state.execute("select count(*) from stored_versions").fetchall()[0][0]
        assert stored == last + 2
        tiers = state.execute(
            "select tier, count(*) from tiers group by tier order by tier"
        ).fetchall()
        assert tiers == [("A", 20), ("B", 20)]
