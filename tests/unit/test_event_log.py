"""The event log that our dagster.yaml names: Dagster's own files, whoever reads them."""

from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from dagster_project.resources.dagster_home import prepare_dagster_home
from dagster_project.resources.event_log import KEPT_ENGINES, KeptEngineEventLog
from dagster_project.resources.settings import Settings


@dg.asset
def spoon() -> None: ...


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    return prepare_dagster_home(Settings(tmp_path, tmp_path, tmp_path))


def test_runs_are_there_for_dagster_itself(home: Path) -> None:
    job = dg.Definitions(assets=[spoon]).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.event_log_storage, KeptEngineEventLog)
        runs = [job.execute_in_process(instance=instance) for _ in range(KEPT_ENGINES + 2)]
        # the first run's file was closed meanwhile
        assert instance.all_logs(runs[0].run_id)
        assert len(instance.event_log_storage._engines) == KEPT_ENGINES
    plain = SqliteEventLogStorage(str(home / "history" / "runs"))
    assert {run.run_id for run in runs} <= set(plain.get_all_run_ids())
    found = plain.fetch_materializations(spoon.key, limit=100).records
    assert [record.run_id for record in found] == [run.run_id for run in reversed(runs)]
