"""JSON lines: one object per line. Lines that are none are kept with their number."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.landing.opened import Relation
from dagster_project.landing.plan import EntityPlan
from dagster_project.landing.results import FileError
from dagster_project.landing.sql_text import literal, literal_list

# No text holds these three control characters in a row, so a line is always one column.
_NO_DELIMITER = "\x01\x02\x03"


@dataclass
class JsonLinesFile:
    """A file of JSON objects; its columns are the keys found in any of them.

    A nested value is reached by a dotted name, e.g. `properties.industry`.
    """

    connection: duckdb.DuckDBPyConnection
    columns: tuple[str, ...]
    numeric_columns: frozenset[str] = frozenset()

    def has(self, name: str) -> bool:
        """Tell whether the key, or what a dotted name leads to, occurs in any record.

        A misspelt path would otherwise land as a column without a single value.
        """
        if name in self.columns:
            return True
        if name.partition(".")[0] not in self.columns:
            return False
        path = literal(self._json_path(name))
        found = self.connection.execute(
            f"select 1 from landing_lines where is_record and json_exists(line, {path}) limit 1"
        ).fetchone()
        return found is not None

    def _json_path(self, name: str) -> str:
        parts = [name] if name in self.columns else name.split(".")
        return "$" + "".join('."' + part.replace('"', '\\"') + '"' for part in parts)

    def relation(self, names: Iterable[str]) -> Relation:
        """Give the records with these keys as text; nested objects stay JSON text."""
        wanted = tuple(names)
        paths = literal_list(self._json_path(name) for name in wanted)
        sql = (
            f"(select line_number, json_extract_string(line, {paths}) as fields "
            "from landing_lines where is_record) as records"
        )
        columns = {name: f"fields[{index}]" for index, name in enumerate(wanted, start=1)}
        return Relation(sql, columns, "line_number")

    def keep_unparsed(self) -> None:
        """Keep the lines that are not a JSON object."""
        self.connection.execute(
            """
            insert into landing_unparsed
            select line_number,
                case when json_valid(line) then 'not a JSON object' else 'not valid JSON' end, line
            from landing_lines where not is_record
            """
        )


def open_json_lines(
    connection: duckdb.DuckDBPyConnection, plan: EntityPlan, path: Path, name: str
) -> JsonLinesFile:
    """Split the file into lines and collect its keys; raise FileError when no line is an object."""
    connection.execute(
        f"""
        create or replace temp table landing_lines as
        select line from read_csv({literal(str(path))}, columns = {{'line': 'VARCHAR'}},
            auto_detect = false, header = false, delim = {literal(_NO_DELIMITER)}, quote = '',
            escape = '', max_line_size = 16000000)
        """
    )
    connection.execute(
        """
        create or replace temp table landing_lines as
        select rowid - (select min(rowid) from landing_lines) + 1 as line_number, line,
            case when json_valid(line) then json_type(line) = 'OBJECT' else false end as is_record
        from landing_lines where nullif(trim(line), '') is not null
        """
    )
    keys = connection.execute(
        """
        select key from (
            select unnest(json_keys(line)) as key, line_number from landing_lines where is_record
        ) as keys group by key order by min(line_number), key
        """
    ).fetchall()
    if not keys:
        raise FileError(
            f"{plan.name}: {name} holds no JSON object on a line of its own. JSON lines are "
            "needed: one object per line, not one list over the whole file."
        )
    return JsonLinesFile(connection, tuple(key for (key,) in keys))
