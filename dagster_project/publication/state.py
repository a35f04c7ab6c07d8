"""State that outlives every rebuild and is never rolled back: `data/state.duckdb`.

What the CRM acknowledged, the tiers that were published, frozen values, suppressed persons.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import duckdb

from dagster_project.resources.settings import Settings
from dagster_project.resources.warehouse import attach_to_read

#: Copied into every publication, under the published name, so that BI reads them there.
PUBLISHED_STATE: dict[str, str] = {"sync_runs": "sync_runs", "tiers": "tier_history"}

#: Cause is one of late_data, accounts_merged, definition_changed, fx_rate_changed.
RESTATEMENT_COLUMNS = """
    restated_at timestamp not null, version varchar not null, scope varchar not null,
    product_id varchar, segment_scheme varchar not null, segment varchar not null,
    period_month date not null, metric varchar not null, metric_definition varchar not null,
    old_value double precision, new_value double precision, change double precision,
    first_frozen_at timestamp not null, last_frozen_at timestamp not null,
    cause varchar not null, evidence varchar not null"""

STATE_TABLES: dict[str, str] = {
    # one row per sync run, dry runs included: what was planned and how the guards judged it
    "sync_runs": """
        sync_run_id varchar not null, sync varchar not null, mode varchar not null,
        version varchar, planned_at timestamp not null, record_count bigint not null,
        added_count bigint, changed_count bigint, cleared_count bigint, unchanged_count bigint,
        digest varchar, is_allowed boolean not null, tripped_guards varchar""",
    # the last state that the destination confirmed, per record
    "sync_acknowledged": """
        sync varchar not null, record_id varchar not null, payload varchar not null,
        payload_hash varchar not null, sync_run_id varchar not null,
        acknowledged_at timestamp not null, primary key (sync, record_id)""",
    # before and after of every field sent: what an undo needs
    "sync_changelog": """
        sync_run_id varchar not null, record_id varchar not null, field varchar not null,
        value_before varchar, value_after varchar, outcome varchar not null,
        changed_at timestamp not null""",
    "sync_rejects": """
        sync_run_id varchar not null, record_id varchar, code varchar not null, field varchar,
        message varchar, rejected_at timestamp not null""",
    # one row per published change of tier; the latest per key is the tier that hysteresis keeps
    "tiers": """
        account_id varchar not null, icp_id varchar not null, icp_version varchar not null,
        tier varchar not null, version varchar not null, stored_at timestamp not null""",
    # versions whose tiers are stored: a version is stored once
    "stored_versions": "version varchar primary key, stored_at timestamp not null",
    # one row per value first published, and per change of it
    "frozen_values": """
        metric varchar not null, metric_definition varchar not null, scope varchar not null,
        product_id varchar, segment_scheme varchar not null, segment varchar not null,
        period_month date not null, value double precision, frozen_at timestamp not null,
        version varchar not null""",
    # versions whose values are frozen, and what each knew
    "frozen_versions": """
        version varchar primary key, published_at timestamp not null,
        known_at timestamp not null""",
    # what the frozen values rest on, a row per change; a null value is an item that went
    "frozen_basis": """
        kind varchar not null, item varchar not null, value varchar, version varchar not null,
        frozen_at timestamp not null""",
    # one row per value that exchange rates moved by less than is told, replaced at each version
    "drifted_values": """
        scope varchar not null, product_id varchar, segment_scheme varchar not null,
        segment varchar not null, period_month date not null, metric varchar not null,
        metric_definition varchar not null, value double precision not null""",
    "restatements": RESTATEMENT_COLUMNS,
    # keyed hashes only: the list of the forgotten must not name them
    "suppressed_persons": """
        person_hash varchar primary key, reason varchar not null,
        suppressed_at timestamp not null""",
}

_LATEST_TIERS = """
    select account_id, icp_id, icp_version, tier, stored_at from (
        select *, row_number() over (
            partition by account_id, icp_id, icp_version order by stored_at desc, version desc
        ) as position
        from {tiers}
    ) as ordered
    where position = 1
"""


@contextmanager
def open_state(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the state database, with every table there, and close it on every way out."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(str(settings.state))
    try:
        for name, columns in STATE_TABLES.items():
            connection.execute(f"create table if not exists {name} ({columns})")
        yield connection
    finally:
        connection.close()


def read_previous_tiers(settings: Settings, warehouse: duckdb.DuckDBPyConnection) -> int:
    """Replace `icp_registry.previous_tiers` with the tiers last published; give their number.

    Call before dbt, after the registry's tables exist. A version that was published by a run that
    was killed before it could store its tiers is stored first.
    """
    store_tiers(settings)
    # DuckDB would lock a second instance of the same file out
    attach_to_read(warehouse, settings.state, "state_file")
    try:
        warehouse.execute("delete from icp_registry.previous_tiers")
        warehouse.execute(
            "insert into icp_registry.previous_tiers"
            f" {_LATEST_TIERS.format(tiers='state_file.tiers')}"
        )
    finally:
        warehouse.execute("detach state_file")
    return warehouse.execute("select count(*) from icp_registry.previous_tiers").fetchall()[0][0]


def store_tiers(settings: Settings) -> int:
    """Store the published version's tiers that differ from those stored; give how many did.

    Does nothing for a version that is stored already, such as one that was rolled back to.
    """
    if not settings.published.exists():
        with open_state(settings):
            return 0
    with open_state(settings) as state:
        attach_to_read(state, settings.published, "published_file")
        version, known_at = state.execute(
            "select version, known_at from published_file.published.publication"
        ).fetchall()[0]
        if _is_stored(state, version):
            return 0
        state.execute("begin")
        before = _count_tiers(state)
        if _has_scores(state):
            _insert_changes(state, version, known_at)
        state.execute("insert into stored_versions values (?, ?)", [version, known_at])
        state.execute("commit")
        return _count_tiers(state) - before


def _is_stored(state: duckdb.DuckDBPyConnection, version: str) -> bool:
    query = "select count(*) from stored_versions where version = ?"
    return state.execute(query, [version]).fetchall()[0][0] > 0


def _count_tiers(state: duckdb.DuckDBPyConnection) -> int:
    return state.execute("select count(*) from tiers").fetchall()[0][0]


def _has_scores(state: duckdb.DuckDBPyConnection) -> bool:
    query = """
        select count(*) from information_schema.tables
        where table_catalog = 'published_file' and table_name = 'icp_scores'
    """
    return state.execute(query).fetchall()[0][0] > 0


def _insert_changes(state: duckdb.DuckDBPyConnection, version: str, known_at: datetime) -> None:
    state.execute(
        f"""
        insert into tiers
        select scores.account_id, scores.icp_id, scores.icp_version, scores.tier, ?, ?
        from published_file.published.icp_scores as scores
        left join ({_LATEST_TIERS.format(tiers="tiers")}) as latest
            on scores.account_id = latest.account_id
            and scores.icp_id = latest.icp_id
            and scores.icp_version = latest.icp_version
        where scores.tier is not null
            and (latest.tier is null or latest.tier <> scores.tier)
        """,
        [version, known_at],
    )
