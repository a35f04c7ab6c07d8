"""One true run of the oracles through pytest, kept so that it can be replayed without dbt.

What is kept: each warehouse after each dbt build, the SQL that dbt compiled for it, every query
that a test made and the test itself with its fixtures. Judging mutants with them is elsewhere.
"""

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest


@dataclass
class Build:
    """A warehouse as one dbt build left it."""

    warehouse: Path
    compiled: dict[str, str]  # relation name of every model built so far, and its SQL
    kinds: dict[str, str]  # relation name -> materialization
    parents: dict[str, list[str]]  # relation name -> relations it reads


@dataclass
class RecordedWorld:
    """The builds of one `World`, in order."""

    builds: list[Build] = field(default_factory=list)


@dataclass
class RecordedTest:
    """A passing test: how to call it again, and what it asked."""

    name: str
    call: Callable[[], Any]
    queries: list[tuple["RecordedWorld", int, str]] = field(default_factory=list)


@dataclass
class Recording:
    """Everything that one run left."""

    folder: Path
    tests: list[RecordedTest] = field(default_factory=list)
    worlds: dict[int, RecordedWorld] = field(default_factory=dict)
    #: SQL of dbt's data tests and unit tests, by unique id, with the model of each unit test
    data_tests: dict[str, str] = field(default_factory=dict)
    unit_tests: dict[str, tuple[str, str, list[str]]] = field(default_factory=dict)
    unit_world: Build | None = None
    failed: list[str] = field(default_factory=list)


class Recorder:
    """A pytest plugin that records and then hands over to `after` before fixtures are gone."""

    def __init__(self, folder: Path, after: Callable[[Recording, "Recorder"], None]) -> None:
        self.recording = Recording(folder)
        self.after = after
        self.current: RecordedTest | None = None
        #: set while replaying: answers queries of (world, build number)
        self.answer: Callable[[RecordedWorld, int, str], list[tuple]] | None = None
        self.position: dict[int, int] = {}
        self.made: list[Any] = []
        self.next_made = 0

    def pytest_collection_finish(self) -> None:
        self._patch_world(sys.modules["conftest"].World)

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Any:
        names = pyfuncitem._fixtureinfo.argnames
        arguments = {name: pyfuncitem.funcargs[name] for name in names}
        made: list[Any] = []
        positions = dict(self.position)
        if "make_world" in arguments:
            real = arguments["make_world"]
            arguments["make_world"] = lambda *a, **k: self._make(real, made, *a, **k)
            pyfuncitem.funcargs["make_world"] = arguments["make_world"]

        def call() -> Any:
            self.position, self.next_made = dict(positions), 0
            self.made = made
            return pyfuncitem.obj(**arguments)

        self.current = RecordedTest(pyfuncitem.nodeid.removeprefix("tests/"), call)
        self.made = made
        try:
            result = yield
        except BaseException:
            self.recording.failed.append(pyfuncitem.nodeid)
            raise
        finally:
            test, self.current = self.current, None
        if test.queries:
            self.recording.tests.append(test)
        return result

    def pytest_sessionfinish(self) -> None:
        self.after(self.recording, self)

    def _make(self, real: Callable[..., Any], made: list[Any], *args: Any, **kwargs: Any) -> Any:
        if self.answer is None:
            made.append(real(*args, **kwargs))
            return made[-1]
        self.next_made += 1
        return made[self.next_made - 1]

    def _patch_world(self, world_class: Any) -> None:
        real_dbt, real_query = world_class.dbt, world_class.query
        recorder = self

        def dbt(world: Any, *args: str, **variables: object) -> Any:
            known = recorder.recording.worlds.setdefault(id(world), RecordedWorld())
            if recorder.answer is not None:
                if args[0] in {"build", "run"}:
                    recorder.position[id(world)] = recorder.position.get(id(world), -1) + 1
                return recorder.outcomes[id(world), args]
            outcome = real_dbt(world, *args, **variables)
            recorder.outcomes[id(world), args] = outcome
            recorder.kept.append(world)  # so that no other world gets its id
            if args[0] in {"build", "run"}:
                known.builds.append(_snapshot(recorder.recording, known, world))
                recorder.position[id(world)] = len(known.builds) - 1
            return outcome

        def query(world: Any, sql: str) -> list[tuple]:
            known = recorder.recording.worlds.setdefault(id(world), RecordedWorld())
            build = recorder.position.get(id(world), -1)
            if recorder.answer is not None:
                return recorder.answer(known, build, sql)
            if recorder.current is not None:
                recorder.current.queries.append((known, build, sql))
            return real_query(world, sql)

        def changes(real: Callable[..., None]) -> Callable[..., None]:
            def change(world: Any, *args: Any) -> None:
                if recorder.answer is None:
                    real(world, *args)

            return change

        self.outcomes: dict[tuple[int, Sequence[str]], Any] = {}
        self.kept: list[Any] = []
        world_class.dbt, world_class.query = dbt, query
        world_class.execute = changes(world_class.execute)
        world_class.add = changes(world_class.add)


def _snapshot(recording: Recording, known: RecordedWorld, world: Any) -> Build:
    state = world.settings.data_dir / "dbt"
    results = json.loads((state / "run_results.json").read_text())["results"]
    nodes = json.loads((state / "manifest.json").read_text())["nodes"]
    before = known.builds[-1] if known.builds else Build(Path(), {}, {}, {})
    build = Build(Path(), dict(before.compiled), dict(before.kinds), dict(before.parents))
    names = {key: node["relation_name"] for key, node in nodes.items() if node.get("relation_name")}
    for result in results:
        key = result["unique_id"]
        if key.startswith("model.") and result.get("compiled_code"):
            build.compiled[names[key]] = result["compiled_code"]
            build.kinds[names[key]] = nodes[key]["config"]["materialized"]
            build.parents[names[key]] = [
                names[parent] for parent in nodes[key]["depends_on"]["nodes"] if parent in names
            ]
        elif key.startswith("test.") and result.get("compiled_code"):
            recording.data_tests[key] = result["compiled_code"]
    number = sum(len(each.builds) for each in recording.worlds.values())
    build.warehouse = recording.folder / f"build{number}" / "warehouse.duckdb"
    build.warehouse.parent.mkdir(parents=True)
    shutil.copy(world.settings.warehouse, build.warehouse)
    return build


def add_dbt_tests(recording: Recording, recorder: Recorder) -> None:
    """Let dbt run its unit tests and compile its data tests, in the worlds with most models."""
    worlds = [world for world in recorder.kept if recording.worlds[id(world)].builds]
    worlds.sort(key=lambda w: len(_last_build(recording, w).compiled), reverse=True)
    recording.unit_world = _last_build(recording, worlds[0])
    asked: set[str] = set()
    for world in worlds:
        built = {name.split(".")[-1].strip('"') for name in _last_build(recording, world).compiled}
        if built - asked:
            _add_unit_tests(recording, world, built - asked)
            asked |= built
    worlds[0].dbt("compile", "--select", "resource_type:test")
    for result in _results(worlds[0]):
        if result.get("compiled_code"):
            recording.data_tests[result["unique_id"]] = result["compiled_code"]


def _last_build(recording: Recording, world: Any) -> Build:
    return recording.worlds[id(world)].builds[-1]


def _results(world: Any) -> list[dict[str, Any]]:
    state = world.settings.data_dir / "dbt"
    return json.loads((state / "run_results.json").read_text())["results"]


def _add_unit_tests(recording: Recording, world: Any, models: set[str]) -> None:
    world.dbt("test", "--select", *(f"test_type:unit,{name}" for name in sorted(models)))
    manifest = json.loads((world.settings.data_dir / "dbt" / "manifest.json").read_text())
    for result in _results(world):
        unit = manifest["unit_tests"].get(result["unique_id"])
        if unit is None:
            continue  # dbt had nothing to run and left the results of before
        # a model whose inputs this world lacks is judged by the other tests alone
        if result["status"] == "pass":
            columns = _expected_columns(unit["expect"])
            recording.unit_tests[unit["name"]] = (unit["model"], result["compiled_code"], columns)
        elif result["status"] == "fail":
            recording.failed.append(unit["name"])


def _expected_columns(expect: dict[str, Any]) -> list[str]:
    rows = expect["rows"]
    if isinstance(rows, str):
        return [name.strip() for name in rows.strip().splitlines()[0].split(",")]
    return list(rows[0]) if rows else ["1"]
