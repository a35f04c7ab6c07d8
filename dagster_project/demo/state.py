"""The planned world on disk, beside the answer key: what a later day of the sample is shown from.

The pipeline never reads it. Tables are Parquet; `sample.json` holds the parameters and how far the
sample has been shown.
"""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.demo.plan import Plan, World


class SampleStateError(Exception):
    """The sample cannot be advanced; the message says what to do."""


class SampleRefusedError(ValueError):
    """The sample cannot be made like this or there; the message says what to do."""


@dataclass(frozen=True)
class State:
    """One sample's folder of planned tables."""

    folder: Path

    @classmethod
    def beside(cls, answer_key: Path) -> "State":
        """Give the state that belongs to an answer key."""
        return cls(answer_key.with_name(f"{answer_key.stem}_state"))

    def save(self, world: World) -> None:
        """Write every table, with `row_no` as the order of its rows."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, frame in world.items():
            table = frame.reset_index(drop=True)
            table["row_no"] = np.arange(len(table))
            pq.write_table(_to_arrow(table), self.folder / f"{name}.parquet", compression="zstd")

    def save_progress(
        self, plan: Plan, sources: Path, shown_until: date | None, events: list[dict[str, Any]]
    ) -> None:
        """Write the parameters, the last day shown (None while it is made) and event counts.

        Replaced in one step and written last: a step that was killed can be done again.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        body = {
            **plan.as_dict(),
            "shown_until": shown_until.isoformat() if shown_until else None,
            "sources": str(sources.resolve()),
            "events_by_kind": events,
        }
        new = self.progress.with_suffix(".new")
        new.write_text(json.dumps(body), encoding="utf-8")
        new.replace(self.progress)

    @property
    def progress(self) -> Path:
        """Give the file of parameters; it exists from the first moment of making a sample."""
        return self.folder / "sample.json"

    def made(self, sources: Path) -> bool:
        """Say whether a sample, finished or not, was written to this sources folder."""
        if not self.progress.exists():
            return False
        body = json.loads(self.progress.read_text(encoding="utf-8"))
        return bool(body["sources"] == str(sources.resolve()))

    def load_progress(self) -> tuple[Plan, date, list[dict[str, Any]]]:
        """Give the parameters, the last day shown and the counts of events so far.

        Raises SampleStateError where there is no finished sample.
        """
        body: dict[str, Any] = {"shown_until": None}
        if self.progress.exists():
            body = json.loads(self.progress.read_text(encoding="utf-8"))
        if body["shown_until"] is None:
            message = f"There is no finished sample at {self.folder}. Run `icp demo create` first."
            raise SampleStateError(message)
        plan = Plan(
            int(body["accounts"]),
            int(body["months"]),
            int(body["events"]),
            int(body["seed"]),
            date.fromisoformat(body["end"]),
        )
        return plan, date.fromisoformat(body["shown_until"]), body["events_by_kind"]

    def load(self, name: str, columns: list[str] | None = None) -> pd.DataFrame:
        """Read one table."""
        return pq.read_table(self.folder / f"{name}.parquet", columns=columns).to_pandas()

    def connect(self, plan: Plan, last_day: date) -> duckdb.DuckDBPyConnection:
        """Open a database in memory that shows the planned tables as of the end of a day."""
        connection = duckdb.connect(config={"threads": 2, "memory_limit": "1GB"})
        for path in sorted(self.folder.glob("*.parquet")):
            source = str(path).replace("'", "''")
            connection.execute(f"create view {path.stem} as from read_parquet('{source}')")
        show(connection, last_day)
        connection.execute("set variable vanish_at = ?::timestamp", [plan.end.isoformat()])
        return connection


def show(connection: duckdb.DuckDBPyConnection, last_day: date) -> None:
    """Set the day at whose end the world is looked at."""
    after = last_day + timedelta(days=1)
    connection.execute("set variable now = ?::timestamp", [after.isoformat()])


def _to_arrow(frame: pd.DataFrame) -> pa.Table:
    """Turn times into microseconds and words into text, also where a column is all null."""
    columns = {}
    for name in frame.columns:
        series = frame[name]
        if np.issubdtype(series.to_numpy().dtype, np.datetime64):
            columns[name] = pa.array(series.astype("datetime64[us]"), from_pandas=True)
        elif series.dtype == object or isinstance(series.dtype, pd.StringDtype):
            columns[name] = _words(series)
        else:
            columns[name] = pa.array(series, from_pandas=True)
    return pa.table(columns)


def _words(series: pd.Series) -> pa.Array:
    values = pa.array(series, from_pandas=True)
    if pa.types.is_null(values.type) or pa.types.is_large_string(values.type):
        return values.cast(pa.string())
    return values
