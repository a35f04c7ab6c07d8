"""The latest thing that happened, as the data held now say: the `latest_data` as-of date."""

from datetime import datetime

import duckdb

from dagster_project.icp.entities import ENTITIES, EVENTS


def latest_occurrence(connection: duckdb.DuckDBPyConnection, known_at: datetime) -> datetime | None:
    """Give the latest `occurred` value of any current row or event day, never in the future.

    Rows that a later file corrected or dropped no longer count; None when nothing is dated.
    """
    dated = [
        f"select max({entity.occurred}) as occurred from {entity.raw_table}"
        f" where _superseded_at is null and {entity.occurred} <= $known_at"
        for entity in ENTITIES.values()
        if entity.occurred and entity is not EVENTS
    ]
    days = (
        "select max(last_day) from landing.event_files"
        " where superseded_at is null and last_day <= cast($known_at as date)"
    )
    union = " union all ".join([*dated, days])
    row = connection.execute(
        f"select cast(max(occurred) as timestamp) from ({union}) as occurrences",
        {"known_at": known_at},
    ).fetchone()
    return row[0] if row else None
