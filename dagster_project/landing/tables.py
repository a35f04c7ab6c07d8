"""Table definitions of everything that landing writes: the raw contract and its ledger.

The SQL here is plain enough for DuckDB and Postgres; reading files is the resource's business.
"""

from collections.abc import Collection

from dagster_project.icp.entities import ENTITIES, EVENTS, META_COLUMNS, Entity

SQL_TYPES: dict[str, str] = {
    "text": "varchar",
    "integer": "bigint",
    "number": "double precision",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}

#: One row per file and load (also when nothing was new: then status is `unchanged`).
_LOADS = """
create table if not exists landing.loads (
    load_id varchar not null,
    run_id varchar not null,
    source varchar not null,
    entity varchar not null,          -- e.g. crm.accounts
    file varchar not null,
    content_hash varchar,
    mapping_hash varchar,             -- of the mapping it was read under: a changed one reloads
    file_bytes bigint,
    load_mode varchar,                -- snapshot | delta | append
    status varchar not null,          -- loaded | unchanged | failed | retired (not declared now)
    error varchar,                    -- why a file could not be loaded, for a person
    rows_read bigint,                 -- data lines in the file
    rows_unparsed bigint,             -- lines that are not a record: kept in unparsed_lines
    rows_inserted bigint,
    rows_unchanged bigint,            -- already held with the same content
    rows_changed bigint,              -- superseded by a newer version of the same key
    rows_deleted bigint,              -- superseded because a snapshot no longer holds them
    rows_before bigint,               -- current rows of this source and entity before the load
    rows_after bigint,
    source_columns varchar,           -- as found in the file, ','-separated
    max_occurred timestamp,           -- latest of the entity's `occurred` column, not in the future
    loaded_at timestamp not null
)
"""

_UNPARSED = """
create table if not exists landing.unparsed_lines (
    load_id varchar not null,
    source varchar not null,
    entity varchar not null,
    file varchar not null,
    row_number bigint,
    error varchar not null,
    line_masked varchar,
    loaded_at timestamp not null,
    superseded_at timestamp           -- null while this is the last reading of the file
)
"""

_FIELD_ERRORS = """
create table if not exists landing.field_errors (
    load_id varchar not null,
    source varchar not null,
    entity varchar not null,
    file varchar not null,
    row_number bigint,
    column_name varchar not null,
    rule varchar not null,            -- e.g. 'not an integer'
    value_masked varchar,
    is_required boolean not null,     -- a required field that failed rejects its row
    loaded_at timestamp not null,
    superseded_at timestamp           -- null while this is the last reading of the file
)
"""

_EVENT_FILES = """
create table if not exists landing.event_files (
    source varchar not null,
    file varchar not null,            -- relative to the sources folder
    fingerprint varchar not null,     -- size and modification time, or content hash
    event_rows bigint,
    first_day date,                   -- earliest and latest day of occurrence inside the file
    last_day date,
    max_received timestamp,
    max_occurred timestamp,           -- latest occurrence that was not in the future when landed
    source_columns varchar,           -- as found in the file, ','-separated
    landed_at timestamp not null,
    superseded_at timestamp,          -- null while the file is current
    built_at timestamp                -- null until int_usage_user_days reflects it (or its end)
)
"""

#: One row per version of an event file and day of occurrence in it: late events touch few days.
_EVENT_FILE_DAYS = """
create table if not exists landing.event_file_days (
    source varchar not null,
    file varchar not null,
    fingerprint varchar not null,
    usage_day date not null,
    event_rows bigint not null
)
"""

LEDGER_TABLES: tuple[str, ...] = (_LOADS, _UNPARSED, _FIELD_ERRORS, _EVENT_FILES, _EVENT_FILE_DAYS)


def raw_table_ddl(entity: Entity) -> str:
    """Give the DDL of one raw table: the entity's columns, then landing's own."""
    body = ",\n    ".join(f"{name} {kind}" for name, kind in _raw_columns(entity).items())
    return f"create table if not exists {entity.raw_table} (\n    {body}\n)"


def added_column_ddl(held: Collection[tuple[str, str]]) -> list[str]:
    """Give the statements that raw tables of an earlier version need.

    `held` is every (schema.table, column) there is. Columns are only ever added, as null: what was
    landed stays as it was read, and a file is read again when its mapping names the new column.
    """
    tables = {table for table, _ in held}
    return [
        f"alter table {entity.raw_table} add column {name} {kind}"
        for entity in ENTITIES.values()
        if entity is not EVENTS and entity.raw_table in tables
        for name, kind in _raw_columns(entity).items()
        if (entity.raw_table, name) not in held
    ]


def _raw_columns(entity: Entity) -> dict[str, str]:
    columns = {column.name: column.type for column in entity.columns} | META_COLUMNS
    return {name: SQL_TYPES[kind] for name, kind in columns.items()}


def ddl_statements() -> list[str]:
    """Give every statement that prepares an empty warehouse for landing, in order.

    `raw_product.events` is left out: on DuckDB it is a view over the lake, made by landing.
    """
    entities = [entity for entity in ENTITIES.values() if entity is not EVENTS]
    schemas = sorted({entity.raw_schema for entity in ENTITIES.values()} | {"landing"})
    return [
        *(f"create schema if not exists {schema}" for schema in schemas),
        *(raw_table_ddl(entity) for entity in entities),
        *LEDGER_TABLES,
    ]
