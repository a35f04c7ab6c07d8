"""A dbt that waits takes one command over: its words, its environment, its output, its end.

The dbt here is a few lines that say what they were asked; the pipeline's own test has the real one.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from dagster_project.resources.dbt import KEPT_PARSE, MANIFEST
from dagster_project.resources.dbt_ahead import fetch_parse, waiting_dbt

FAKE_DBT = {
    "cli/main": """
import os, sys, time
from types import SimpleNamespace
from dagster_project.resources import dbt as project
from dbt.cli.exceptions import DbtUsageException

class dbtRunner:
    def __init__(self, manifest=None):
        self.manifest = manifest

    def invoke(self, arguments):
        if "parse" in arguments:
            if "EDITED" in os.environ:
                project.file_times = lambda: "later"
            folder = arguments[arguments.index("--target-path") + 1]
            for name in [project.KEPT_PARSE, *os.environ.get("WRITES", "").split()]:
                with open(os.path.join(folder, name), "w") as file:
                    file.write("made by the fake")
            return SimpleNamespace(result="parsed with " + arguments[-1])
        print(self.manifest, *arguments, os.environ["WORD"], os.getcwd())
        print("trouble", file=sys.stderr)
        sys.stdout.flush()
        if "forever" in arguments:
            time.sleep(60)
        exception = {"broken": ValueError("logged"), "unknown": DbtUsageException("no such word")}
        found = exception.get(arguments[-1])
        return SimpleNamespace(success=not found and "failing" not in arguments, exception=found)
""",
    "cli/exceptions": "class DbtUsageException(Exception): pass",
    "adapters/duckdb/connections": """
import sys
from types import SimpleNamespace

class DuckDBConnectionManager:
    _ENV = SimpleNamespace(close=lambda: print("closed", file=sys.stderr))

    @staticmethod
    def close_all_connections():
        pass
""",
}
PROGRAM = "from dagster_project.resources.dbt_ahead import main; main()"


@pytest.fixture
def fake_dbt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for module, text in FAKE_DBT.items():
        path = tmp_path / "dbt" / f"{module}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        for package in (path.parent, *path.parent.parents):
            if package.is_relative_to(tmp_path / "dbt"):
                (package / "__init__.py").touch()
        path.write_text(text)
    (tmp_path / "bin").mkdir()
    plain = tmp_path / "bin" / "dbt"
    plain.write_text("#!/bin/sh\necho plain $@\n")
    plain.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]]))
    with waiting_dbt(tmp_path, "--somewhere"):
        yield


def start(*words: str, folder: Path | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-c", PROGRAM, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env=os.environ | {"WORD": "heard"},
    )


def waiting_processes() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if "dagster_project.resources.dbt_ahead" in child.cmdline()
    ]


@pytest.mark.parametrize(
    ("word", "code", "said"),
    [
        ("build", 0, ""),
        ("failing", 1, ""),
        ("broken", 2, ""),
        ("unknown", 2, "no such word\n"),
    ],
)
def test_waiting_dbt_runs_the_command_where_and_as_it_was_asked(
    fake_dbt: None, tmp_path: Path, word: str, code: int, said: str
) -> None:
    command = start(word, folder=tmp_path)
    output, _ = command.communicate(timeout=30)
    assert output == f"parsed with --somewhere {word} heard {tmp_path}\ntrouble\nclosed\n{said}"
    assert command.returncode == code
    # it was there for one command: the next one is for dbt itself
    second = start("debug")
    assert second.communicate(timeout=30)[0] == "plain debug\n"


def test_a_first_run_takes_the_parse_and_the_command_is_still_run(
    fake_dbt: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "dagster"
    assert not fetch_parse(folder), "this one writes no manifest"
    assert not folder.exists()
    monkeypatch.setenv("WRITES", MANIFEST)
    with waiting_dbt(tmp_path, "--somewhere"):
        assert fetch_parse(folder)
        assert fetch_parse(folder)
        output, _ = start("build", folder=tmp_path).communicate(timeout=30)
    assert {path.name for path in folder.iterdir()} == {KEPT_PARSE, MANIFEST}
    assert (folder / MANIFEST).read_text() == "made by the fake"
    assert output.startswith("parsed with --somewhere build heard")


def test_without_a_dbt_that_gets_ready_there_is_no_parse_to_take(
    fake_dbt: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (worker,) = waiting_processes()
    worker.kill()
    assert not fetch_parse(tmp_path / "dagster")
    monkeypatch.delenv("ICP_DBT_AHEAD")
    assert not fetch_parse(tmp_path / "dagster")


def test_where_none_waits_it_is_dbt(fake_dbt: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ICP_DBT_AHEAD")
    assert start("debug").communicate(timeout=30)[0] == "plain debug\n"


def test_who_stops_the_command_stops_dbt(fake_dbt: None) -> None:
    command = start("forever")
    assert command.stdout is not None
    assert command.stdout.readline().startswith("parsed with --somewhere forever")
    (worker,) = waiting_processes()
    command.terminate()
    command.wait(timeout=30)
    assert worker.wait(timeout=30) is not None


def test_dbt_that_dies_fails_the_command_and_says_so(fake_dbt: None) -> None:
    command = start("forever")
    assert command.stdout is not None
    command.stdout.readline()
    waiting_processes()[0].kill()
    assert "The process that ran dbt has ended" in command.stdout.read()
    assert command.wait(timeout=30) == 1


def test_dbt_does_not_outlive_who_started_it(tmp_path: Path) -> None:
    starter = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import time\nfrom pathlib import Path\n"
            "from dagster_project.resources.dbt_ahead import waiting_dbt\n"
            "with waiting_dbt(Path()): print('up', flush=True); time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )
    assert starter.stdout is not None
    starter.stdout.readline()
    (worker,) = waiting_processes()
    folder = Path(worker.cmdline()[-1])
    assert (folder / "socket").exists()
    starter.kill()
    starter.wait()
    deadline = time.monotonic() + 30
    while worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not folder.exists()


def test_one_that_could_not_get_ready_leaves_the_command_to_dbt(
    fake_dbt: None, tmp_path: Path
) -> None:
    (tmp_path / "dbt" / "cli" / "main.py").write_text("raise ImportError('no dbt')")
    with waiting_dbt(tmp_path):
        assert start("debug").communicate(timeout=30)[0] == "plain debug\n"


def test_code_that_was_edited_since_the_parse_is_parsed_again(
    fake_dbt: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITED", "yes")
    with waiting_dbt(tmp_path, "--somewhere"):
        output, _ = start("build").communicate(timeout=30)
    assert output.startswith("None build heard")


def test_without_a_place_for_its_socket_there_is_just_no_dbt_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("long" * 30)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with waiting_dbt(tmp_path):
        assert "ICP_DBT_AHEAD" not in os.environ
    assert list(deep.iterdir()) == []


def test_nothing_waits_when_the_work_is_over(tmp_path: Path) -> None:
    with waiting_dbt(tmp_path):
        assert len(waiting_processes()) == 1
    assert waiting_processes() == []
    assert "ICP_DBT_AHEAD" not in os.environ
