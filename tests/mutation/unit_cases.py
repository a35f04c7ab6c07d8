"""The unit tests of dbt as judges: the given rows, and whether a mutant makes what is expected."""

from typing import Any

import duckdb
from sqlglot import exp

from tests.mutation.clock import Clock
from tests.mutation.mutants import Mutant, mutate, parse, render
from tests.mutation.recording import Recording


class UnitTests:
    """dbt's unit tests of the models, run on given rows in temporary tables."""

    def __init__(
        self, recording: Recording, connection: duckdb.DuckDBPyConnection, clock: Clock
    ) -> None:
        self.connection, self.clock = connection, clock
        self.cases: dict[str, list[tuple[str, exp.Expression, list[str], Any]]] = {}
        for number, (name, (model, sql, columns)) in enumerate(recording.unit_tests.items()):
            tree = parse(sql)
            self._give(tree, number)
            expected = self._rows(tree, columns)
            self.cases.setdefault(model, []).append((name, tree, columns, expected))

    def failing(self, mutant: Mutant) -> str | None:
        """Give a unit test of the mutant's model that does not get its rows."""
        for name, tree, columns, expected in self.cases.get(mutant.model, ()):
            try:
                found = self._rows(mutate(tree, mutant), columns)
            except duckdb.Error as error:
                found = str(error)
            except LookupError:
                continue  # compiled otherwise, with overridden variables
            if found != expected:
                return name
        return None

    def _give(self, tree: exp.Expression, number: int) -> None:
        """Turn the given rows that dbt puts before the model into tables."""
        body = tree.args["with_"] if "with_" in tree.args else tree.args["with"]
        own = []
        for cte in body.expressions:
            if not cte.alias.startswith("__dbt__cte__"):
                own.append(cte)
                continue
            self.connection.execute(f"create temp table {cte.alias}_{number} as {render(cte.this)}")
        body.set("expressions", own)
        if not own:
            body.pop()
        for table in tree.find_all(exp.Table):
            if table.name.startswith("__dbt__cte__"):
                table.this.set("this", f"{table.name}_{number}")
                # as many names as the model's own tables have: a mutant is found by its place
                table.set("db", exp.to_identifier("main"))
                table.set("catalog", exp.to_identifier("temp"))

    def _rows(self, tree: exp.Expression, columns: list[str]) -> Any:
        chosen = ", ".join(columns)
        with self.clock.limit(self.connection):
            rows = self.connection.execute(f"select {chosen} from ({render(tree)}) as t").fetchall()
        return sorted(repr([_rounded(value) for value in row]) for row in rows)


def _rounded(value: Any) -> Any:
    return round(value, 9) if isinstance(value, float) else value
