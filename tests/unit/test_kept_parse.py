"""dbt's kept parse: what it trips over is parsed once more from nothing, a true error is told."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from dagster_project.resources import dbt, dbt_cli
from dagster_project.resources.dbt import KEPT_PARSE, DbtOutcome, parse_project
from dagster_project.resources.settings import Settings

TRIPPED = DbtOutcome(success=False, error="dbt found two entries for the same resource")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(icp_home=tmp_path, data_dir=tmp_path, sources_dir=tmp_path)


@pytest.mark.parametrize("folder", ["dbt", "dbt/build"])
def test_a_parse_that_fails_on_a_kept_one_is_made_again_without_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    kept = settings.data_dir / folder / KEPT_PARSE
    kept.parent.mkdir(parents=True)
    kept.touch()
    calls: list[bool] = []

    def call(arguments: list[str], _: object) -> tuple[DbtOutcome, object]:
        assert str(kept.parent) in arguments
        calls.append(kept.exists())
        return (TRIPPED, None) if kept.exists() else (DbtOutcome(success=True), "manifest")

    monkeypatch.setattr(dbt, "_call", call)
    assert parse_project(settings).success
    assert calls == [True, False]


def test_an_error_of_the_project_itself_is_told_after_one_parse(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(dbt, "_call", lambda *_: (calls.append("parse"), (TRIPPED, None))[1])
    assert parse_project(settings) == TRIPPED
    assert calls == ["parse"]


@pytest.mark.parametrize("is_kept", [True, False])
def test_the_parse_of_the_asset_definitions_does_the_same(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, is_kept: bool
) -> None:
    kept = settings.data_dir / KEPT_PARSE
    if is_kept:
        kept.touch()
    calls: list[bool] = []

    def prepare(_: object) -> None:
        calls.append(kept.exists())
        if len(calls) == 1:
            raise DagsterDbtCliRuntimeError("tripped")

    project = SimpleNamespace(target_path=settings.data_dir)
    monkeypatch.setattr(dbt_cli, "InstalledDbtPreparer", lambda: SimpleNamespace(prepare=prepare))
    monkeypatch.setattr(dbt_cli, "DBT_PROJECT", settings.data_dir)
    if is_kept:
        dbt_cli._parse(project)
        assert calls == [True, False]
    else:
        with pytest.raises(DagsterDbtCliRuntimeError):
            dbt_cli._parse(project)
