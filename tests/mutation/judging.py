"""Judging one mutant: rebuild it and what hangs on it, then ask every test that was recorded.

Each recorded warehouse is opened once per process; a mutant lives in a transaction that is rolled
back. The judges are the tests themselves, never a comparison with the unchanged model: that only
tells apart who changed nothing from who changed something that nobody noticed.
"""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from tests.mutation.clock import Clock, KilledError
from tests.mutation.mutants import Mutant, mutate, parse, render
from tests.mutation.recording import Build, RecordedTest, RecordedWorld, Recorder, Recording
from tests.mutation.unit_cases import UnitTests


@dataclass(frozen=True)
class Verdict:
    """killed (by whom), survived (tables differ, nobody minds) or silent (nothing differs)."""

    mutant: Mutant
    status: str
    by: str = ""


def model_of(relation: str) -> str:
    """Give the model's name from "database"."schema"."name"."""
    return relation.split(".")[-1].strip('"')


class Warehouse:
    """One recorded build, open for changes that are rolled back."""

    def __init__(
        self,
        build: Build,
        path: Path,
        scope: set[str],
        data_tests: dict[str, str],
        clock: Clock,
    ) -> None:
        path.parent.mkdir(parents=True)
        shutil.copy(build.warehouse, path)
        self.build, self.clock = build, clock
        self.connection = duckdb.connect(str(path), config={"threads": 1, "memory_limit": "500MB"})
        self.relations = {model_of(name): name for name in build.compiled}
        self.trees: dict[str, exp.Expression] = {}
        self.prints: dict[str, Any] = {}
        in_scope = [name for name in _in_order(build) if self._is_in_scope(name, scope)]
        self.order = [name for name in in_scope if self._is_rebuilt_alike(name)]
        self.state: tuple[Mutant | None, set[str]] = (None, set())
        self.answers: dict[str, Any] = {}
        self.data_tests = {
            name: sql for name, sql in data_tests.items() if self._failures(sql) == 0
        }

    def _is_in_scope(self, name: str, scope: set[str]) -> bool:
        return model_of(name) in scope or any(
            self._is_in_scope(parent, scope)
            for parent in self.build.parents[name]
            if parent in self.build.compiled
        )

    def tree(self, name: str) -> exp.Expression:
        """Give the parsed SQL of a relation."""
        if name not in self.trees:
            self.trees[name] = parse(self.build.compiled[name])
        return self.trees[name]

    def ask(self, sql: str) -> Any:
        """Answer a test's question; an error is an answer too."""
        with self.clock.limit(self.connection):
            return self.connection.execute(sql).fetchall()

    def unchanged_answer(self, sql: str) -> Any:
        """Give what the unchanged models answer; call `rollback` first."""
        if sql not in self.answers:
            self.answers[sql] = self.ask(sql)
        return self.answers[sql]

    def apply(self, mutant: Mutant) -> set[str]:
        """Rebuild with the mutant; give the relations that differ."""
        if self.state[0] is mutant:
            return self.state[1]
        self.rollback()
        first = self.relations.get(mutant.model)
        if first is None or first not in self.order:
            return set()
        changed: set[str] = set()
        self.state = (mutant, changed)
        self.connection.execute("begin")
        try:
            sql = render(mutate(self.tree(first), mutant))
        except LookupError:
            return changed  # compiled otherwise: this world cannot judge it
        try:
            self._rebuild(first, sql, changed)
            for name in self.order:
                if name != first and changed.intersection(self.build.parents[name]):
                    self._rebuild(name, render(self.tree(name)), changed)
        except duckdb.Error as error:
            raise KilledError(f"{type(error).__name__}: {str(error)[:80]}") from error
        return changed

    def rollback(self) -> None:
        """Forget the mutant."""
        if self.state[0] is not None:
            try:
                self.connection.execute("rollback")
            except duckdb.Error:
                self.connection.execute("select 1")
        self.state = (None, set())

    def failing_data_test(self, changed: set[str]) -> str | None:
        """Give a data test that finds rows."""
        for name, sql in self.data_tests.items():
            if any(relation in sql for relation in changed) and self._failures(sql) != 0:
                return name
        return None

    def _is_rebuilt_alike(self, name: str) -> bool:
        """Rebuild; leave alone what a test filled by hand or what grew day by day.

        Only rows are compared: sums of several threads differ in their last bits.
        """
        before = self._print(name)
        self.connection.execute("begin")
        self._create(name, render(self.tree(name)))
        self.prints[name] = self._print(name)
        is_alike = before is None or self.prints[name][0] == before[0]
        self.connection.execute("commit" if is_alike else "rollback")
        return is_alike

    def _rebuild(self, name: str, sql: str, changed: set[str]) -> None:
        self._create(name, sql)
        if self.build.kinds[name] == "view" or self._print(name) != self.prints[name]:
            changed.add(name)

    def _create(self, name: str, sql: str) -> None:
        kind = "view" if self.build.kinds[name] == "view" else "table"
        with self.clock.limit(self.connection):
            self.connection.execute(f"create or replace {kind} {name} as {sql}")

    def _print(self, name: str) -> Any:
        if self.build.kinds[name] == "view":
            return None
        with self.clock.limit(self.connection):
            return self.connection.execute(
                f"select count(*), sum(cast(hash(t) as hugeint)) from {name} as t"
            ).fetchone()

    def _failures(self, sql: str) -> int:
        try:
            with self.clock.limit(self.connection):
                rows = self.connection.execute(f"select count(*) from ({sql}) as found").fetchone()
        except duckdb.Error:
            return -1
        return rows[0]


def _in_order(build: Build) -> list[str]:
    ordered: list[str] = []

    def visit(name: str) -> None:
        if name in ordered or name not in build.compiled:
            return
        for parent in build.parents[name]:
            visit(parent)
        ordered.append(name)

    for name in build.compiled:
        visit(name)
    return ordered


class Judge:
    """All that was recorded, opened when first needed in this process."""

    def __init__(
        self, recording: Recording, recorder: Recorder, scope: set[str], folder: Path
    ) -> None:
        self.recording, self.recorder = recording, recorder
        self.scope, self.folder = scope, folder
        self.clock = Clock()
        self.warehouses: dict[int, Warehouse] = {}
        self.units: UnitTests | None = None
        self.sound: dict[str, bool] = {}
        self.kills: Counter[tuple[str, int]] = Counter()

    def warehouse(self, build: Build) -> Warehouse:
        """Open a build."""
        if id(build) not in self.warehouses:
            path = self.folder / str(len(self.warehouses)) / "warehouse.duckdb"
            tests = self.recording.data_tests
            with self.clock.stopped():
                self.warehouses[id(build)] = Warehouse(build, path, self.scope, tests, self.clock)
        return self.warehouses[id(build)]

    def judge(self, mutant: Mutant) -> Verdict:
        """Ask the unit tests, the recorded tests and the data tests, until one objects."""
        self.clock.start()
        try:
            return self._judge(mutant)
        except KilledError as error:
            is_late = "Interrupt" in str(error) or "too long" in str(error)
            return Verdict(mutant, "killed", "time" if is_late else f"build: {error}")
        finally:
            self.clock.stop()
            for warehouse in self.warehouses.values():
                warehouse.rollback()

    def _judge(self, mutant: Mutant) -> Verdict:
        if self.units is None and self.recording.unit_world is not None:
            connection = self.warehouse(self.recording.unit_world).connection
            with self.clock.stopped():
                self.units = UnitTests(self.recording, connection, self.clock)
        failing = self.units.failing(mutant) if self.units else None
        if failing:
            return Verdict(mutant, "killed", f"unit test {failing}")
        differing: list[tuple[Warehouse, set[str]]] = []
        # the worlds that noticed most of this model's changes first: most mutants die in one
        builds = sorted(self._builds(mutant), key=lambda b: -self.kills[mutant.model, id(b)])
        for build in builds:
            warehouse = self.warehouse(build)
            changed = warehouse.apply(mutant)
            if not changed:
                continue
            differing.append((warehouse, changed))
            for test in self.recording.tests:
                if self._minds(test, build, mutant):
                    self.kills[mutant.model, id(build)] += 1
                    return Verdict(mutant, "killed", test.name)
        for warehouse, changed in differing:
            failing = warehouse.failing_data_test(changed)
            if failing:
                return Verdict(mutant, "killed", f"data test {failing}")
        return Verdict(mutant, "survived" if differing else "silent")

    def _builds(self, mutant: Mutant) -> list[Build]:
        return [
            build
            for world in self.recording.worlds.values()
            for build in world.builds
            if mutant.model in {model_of(name) for name in build.compiled}
        ]

    def _minds(self, test: RecordedTest, build: Build, mutant: Mutant) -> bool:
        asked = [
            sql
            for world, number, sql in test.queries
            if number >= 0 and world.builds[number] is build
        ]
        if not any(self._differs(build, sql, mutant) for sql in asked):
            return False
        return not self._passes(test, mutant) and self._is_sound(test, mutant)

    def _differs(self, build: Build, sql: str, mutant: Mutant) -> bool:
        warehouse = self.warehouse(build)
        if sql not in warehouse.answers:
            warehouse.rollback()
            with self.clock.stopped():
                warehouse.unchanged_answer(sql)
            warehouse.apply(mutant)
        try:
            return warehouse.ask(sql) != warehouse.answers[sql]
        except duckdb.Error:
            return True

    def _is_sound(self, test: RecordedTest, mutant: Mutant) -> bool:
        """Say whether the test passes when replayed on what nobody has changed."""
        if test.name not in self.sound:
            for warehouse in self.warehouses.values():
                warehouse.rollback()
            with self.clock.stopped():
                self.sound[test.name] = self._passes(test, None)
            for build in self._builds(mutant):
                self.warehouse(build).apply(mutant)
        return self.sound[test.name]

    def _passes(self, test: RecordedTest, mutant: Mutant | None) -> bool:
        def answer(world: RecordedWorld, number: int, sql: str) -> list[tuple]:
            warehouse = self.warehouse(world.builds[max(number, 0)])
            if mutant is not None:
                warehouse.apply(mutant)
            return warehouse.ask(sql)

        self.recorder.answer = answer
        try:
            _call(test.call)
        except Exception:  # noqa: BLE001 - whatever a test raises is its objection
            return False
        finally:
            self.recorder.answer = None
        return True


def _call(call: Callable[[], Any]) -> None:
    call()
