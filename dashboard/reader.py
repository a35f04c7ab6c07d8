"""Reading the published file: one private connection per page, so one version per page."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import pandas as pd
import streamlit as st


def fingerprint(path: Path) -> tuple[int, int] | None:
    """Give inode and modification time: either changes with each publication. None: no file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


class Published:
    """A read-only view of the version that is published at the moment of opening.

    The file is attached to an in-memory database of our own. Opened directly, a second session
    of this process would be handed the first one's connection, and with it an old version.
    """

    def __init__(self, path: Path) -> None:
        """Open the version at `path`. Raises duckdb.Error when it is no published file."""
        self._connection = duckdb.connect(":memory:", config={"threads": 2, "memory_limit": "1GB"})
        literal = str(path).replace("'", "''")
        try:
            self._connection.execute(f"attach '{literal}' as icp (read_only)")
            self._connection.execute("use icp.published")
            self._connection.execute("set enable_external_access = false")
        except duckdb.Error:
            self._connection.close()
            raise
        self.publication = self._publication()
        # the version is in the key too: a rollback may bring back an old inode
        self._key = (str(path), fingerprint(path), str(self.publication.get("version")))

    def __enter__(self) -> "Published":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def _publication(self) -> dict[str, Any]:
        rows = self._connection.execute("from publication limit 1").df()
        if rows.empty:
            return {}
        found = rows.iloc[0].dropna().to_dict()
        return {"version": found.get("version_id"), **found}

    def has(self, table: str) -> bool:
        """Say whether the version holds a table: an older one may lack it."""
        found = self.frame(
            "select count(*) as n from information_schema.tables where table_catalog = 'icp'"
            " and table_schema = 'published' and table_name = ?",
            [table],
        )
        return bool(found["n"].iloc[0])

    def frame(self, sql: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """Run a query on schema `published`; the answer is kept while the version is current."""
        return _frame(self._connection, self._key, sql, tuple(parameters))


@st.cache_data(max_entries=256, show_spinner=False)
def _frame(
    _connection: duckdb.DuckDBPyConnection,
    key: tuple,  # noqa: ARG001 - part of the cache's key
    sql: str,
    parameters: tuple,
) -> pd.DataFrame:
    return _connection.execute(sql, list(parameters)).df()
