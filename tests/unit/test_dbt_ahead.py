"""A dbt that waits takes commands over: its words, its environment, its output, its end.

The dbt here is a few lines that say what they were asked; the pipeline's own test has the real one.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from dagster_project.resources.dbt import KEPT_PARSE, MANIFEST
from dagster_project.resources.dbt_ahead import fetch_parse, run_waiting, waiting_dbt

FAKE_DBT = {
    "cli/main": """
import os, sys, time
from types import SimpleNamespace
from dagster_project.resources import dbt as project
from dbt.cli.exceptions import DbtUsageException

class dbtRunner:
    def __init__(self, manifest=None, callbacks=None):
        self.manifest = manifest
        self.callbacks = callbacks

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
        if "noting" in arguments:
            with open(os.environ["NOTES"], "w") as file:
                file.write(self.manifest)
        if "told" in arguments:
            from dbt_common.events.base_types import EventLevel, msg_from_base_event
            from dbt_common.events.types import Note
            print(os.environ["DBT_LOG_LEVEL"])
            for level in (EventLevel.DEBUG, EventLevel.INFO, EventLevel.ERROR):
                for callback in self.callbacks:
                    callback(msg_from_base_event(Note(msg="of level " + level.value), level))
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
    # it is there for the next one, and parses nothing again
    second, _ = start("debug", folder=tmp_path).communicate(timeout=30)
    assert second.startswith(f"parsed with --somewhere debug heard {tmp_path}\n")
    assert len(waiting_processes()) == 1


def test_dagster_is_told_what_dbt_says_above_the_level_of_debug(
    fake_dbt: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBT_LOG_FORMAT", "json")
    monkeypatch.setenv("DBT_ENV_SECRET_LEVEL", "error")
    output, _ = start("told").communicate(timeout=30)
    lines = output.splitlines()
    assert "none" in lines, "dbt itself prints nothing"
    told = [json.loads(line) for line in lines if line.startswith("{")]
    assert [(event["info"]["name"], event["data"]["msg"]) for event in told] == [
        ("Note", "of level info"),
        ("Note", "of level *****"),
    ]


def test_a_command_is_run_beside_this_process(fake_dbt: None, tmp_path: Path) -> None:
    said = tmp_path / "said"
    environment = os.environ | {"WORD": "heard"}
    assert run_waiting(["failing"], environment), "it came to its end, whatever that was"
    assert run_waiting(["noting"], environment | {"NOTES": str(said)})
    assert said.read_text() == "parsed with --somewhere"
    (worker,) = waiting_processes()
    worker.kill()
    assert not run_waiting(["build"], environment)


def test_a_dbt_that_dies_at_work_has_not_come_to_an_end(fake_dbt: None) -> None:
    with ThreadPoolExecutor(max_workers=1) as pool:
        begun = pool.submit(run_waiting, ["forever"], os.environ | {"WORD": "heard"})
        (worker,) = waiting_processes()
        time.sleep(0.5)
        assert not begun.done()
        worker.kill()
        assert begun.result(timeout=30) is False


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
    assert not run_waiting(["build"], os.environ)


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
