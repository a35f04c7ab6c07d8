"""The profile of a relation: one row per column, from one portable query over it.

Suites judge profiles instead of rows, so their cost does not grow with the data.
"""

from collections.abc import Collection
from typing import Any

import duckdb
import pandas as pd

#: Above this many rows, distinct values are counted for declared columns only and quantiles left
#: out: both cost a sort or a hash table of the whole column.
LARGE_RELATION = 1_000_000

QUANTILES: dict[str, float] = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
PROFILE_COLUMNS = (
    "relation",
    "column_name",
    "data_type",
    "row_count",
    "null_count",
    "distinct_count",
    "min_number",
    "max_number",
    "min_text",
    "max_text",
    *QUANTILES,
)
_NUMBER_TYPES = ("int", "decimal", "numeric", "double", "float", "real", "hugeint")
_DATED_TYPES = ("date", "timestamp")


def column_types(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """Give column name -> lower-case type of `schema.table`; empty when it does not exist."""
    try:
        # the information schema describes every relation before it gives one: twenty times slower
        found = connection.execute(f"select * from {relation} limit 0").description
    except duckdb.CatalogException:
        return {}
    return {name: str(data_type).lower() for name, data_type, *_ in found}


def is_number(data_type: str) -> bool:
    """Say whether a lower-case SQL type holds numbers."""
    return any(part in data_type for part in _NUMBER_TYPES) and "interval" not in data_type


def profile(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    *,
    keys: Collection[str] = (),
    where: str | None = None,
    counts_only: bool = False,
) -> pd.DataFrame:
    """Describe `schema.table`: one row per column, with the columns of `PROFILE_COLUMNS`.

    Counts are exact. Distinct values are counted for `keys` always, for other columns and with
    quantiles only up to `LARGE_RELATION` rows. `where` narrows a big incremental table to the part
    that changed; `counts_only` leaves out all but rows and nulls. Raises LookupError when the
    relation does not exist.
    """
    types = column_types(connection, relation)
    if not types:
        raise LookupError(f"{relation} does not exist: was it built?")
    source = relation if where is None else f"{relation} where {where}"
    total = connection.execute(f"select count(*) from {source}").fetchall()[0][0]
    measures = {
        (column, measure): expression
        for column, data_type in types.items()
        for measure, expression in (
            {"filled": f"count({column})"}
            if counts_only
            else _measures(
                column, data_type, is_small=total <= LARGE_RELATION, is_key=column in keys
            )
        ).items()
    }
    selected = ", ".join(measures.values())
    values = connection.execute(f"select {selected} from {source}").fetchall()[0]
    found = dict(zip(measures, values, strict=True))
    rows = [_row(relation, column, types[column], total, found) for column in types]
    return pd.DataFrame(rows, columns=list(PROFILE_COLUMNS))


def _measures(column: str, data_type: str, *, is_small: bool, is_key: bool) -> dict[str, str]:
    measures = {"filled": f"count({column})"}
    if is_key or is_small:
        measures["distinct_count"] = f"count(distinct {column})"
    if is_number(data_type):
        measures["min_number"] = f"cast(min({column}) as double precision)"
        measures["max_number"] = f"cast(max({column}) as double precision)"
        if is_small:
            measures |= {
                name: f"percentile_cont({share}) within group (order by {column})"
                for name, share in QUANTILES.items()
            }
    elif is_key or data_type.startswith(_DATED_TYPES):
        measures["min_text"] = f"cast(min({column}) as varchar)"
        measures["max_text"] = f"cast(max({column}) as varchar)"
    return measures


def _row(
    relation: str, column: str, data_type: str, total: int, found: dict[tuple[str, str], Any]
) -> dict[str, Any]:
    own = {measure: value for (name, measure), value in found.items() if name == column}
    own = {
        name: float(value) if name in QUANTILES and value is not None else value
        for name, value in own.items()
    }
    return {
        "relation": relation,
        "column_name": column,
        "data_type": data_type,
        "row_count": total,
        "null_count": total - own.pop("filled"),
        **own,
    }


def as_measures(frame: pd.DataFrame) -> dict[str, Any]:
    """Flatten a profile to one measure per name: `row_count`, and e.g. `account_id.null_count`."""
    measures: dict[str, Any] = {"row_count": int(frame["row_count"].max()) if len(frame) else 0}
    for row in frame.to_dict("records"):
        for name in ("null_count", "distinct_count", "min_number", "max_number"):
            measures[f"{row['column_name']}.{name}"] = row[name]
    return measures
