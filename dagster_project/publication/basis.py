"""What published values rest on beside the data: definitions, exchange rates, merged accounts.

Each version carries its basis, so that a later change of a value can be traced to what changed.
"""

import duckdb

from dagster_project.resources.dbt import code_files, code_hash

#: Parameters that decide how a number is shown or judged, never what it is.
_WITHOUT_EFFECT = (
    "min_n",
    "kpi_months",
    "confidence_level",
    "confidence_z",
    "restatement_tolerance",
    "restatement_fx_tolerance",
)
_RULE = """concat_ws('|', segment, attribute, operator, value_text, cast(value_low as varchar),
    cast(value_high as varchar))"""

#: One query for each kind of basis: item, value. The tables it reads decide if it can run.
_QUERIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "parameter": (
        f"""
        select parameter as item, coalesce(value_text, cast(value_number as varchar)) as value
        from {{catalog}}.icp_registry.metric_parameters where parameter not in {_WITHOUT_EFFECT}
        """,
        ("icp_registry.metric_parameters",),
    ),
    "company": (
        """
        select 'customer_level' as item, customer_level as value from {catalog}.icp_registry.company
        union all
        select 'reporting_currency', reporting_currency from {catalog}.icp_registry.company
        union all
        select 'time_zone', time_zone from {catalog}.icp_registry.company
        """,
        ("icp_registry.company",),
    ),
    "support": (
        """
        select 'week' as item, md5(string_agg(concat_ws('|', weekday, opens_minute, closes_minute),
            ';' order by weekday)) as value
        from {catalog}.icp_registry.support_week
        union all
        select 'holidays', md5(string_agg(cast(holiday as varchar), ';' order by holiday))
        from {catalog}.icp_registry.support_holidays
        """,
        ("icp_registry.support_week", "icp_registry.support_holidays"),
    ),
    "scheme": (
        f"""
        select segment_scheme as item, md5(string_agg(line, ';' order by line)) as value
        from (
            select segment_scheme, {_RULE} as line from {{catalog}}.icp_registry.segment_rules
        ) as rules
        group by segment_scheme
        """,
        ("icp_registry.segment_rules",),
    ),
    "product": (
        """
        select product_id as item, concat_ws('|', value_event, active_event, clock_start,
            cast(gross_margin as varchar)) as value
        from {catalog}.icp_registry.products
        """,
        ("icp_registry.products",),
    ),
    "fx_rate": (
        """
        select currency as item, cast(rate_to_reporting as varchar) as value
        from {catalog}.intermediate.int_fx_rates where currency <> reporting_currency
        """,
        ("intermediate.int_fx_rates",),
    ),
    "merge": (
        """
        select source_system || ':' || account_id as item, surviving_account_id as value
        from {catalog}.intermediate.int_account_survivors
        where account_id <> surviving_account_id
        """,
        ("intermediate.int_account_survivors",),
    ),
}


def write_basis(connection: duckdb.DuckDBPyConnection, catalog: str) -> None:
    """Write `published.publication_basis` from the candidate attached as `catalog`."""
    connection.execute(
        "create or replace table published.publication_basis"
        " (kind varchar not null, item varchar not null, value varchar)"
    )
    present = tables_of(connection, catalog)
    for kind, (query, reads) in _QUERIES.items():
        if present.issuperset(reads):
            connection.execute(
                f"insert into published.publication_basis select '{kind}', item, value"
                f" from ({query.format(catalog=catalog)}) as found"
            )
    connection.execute(
        # other code is another definition
        "insert into published.publication_basis values ('code', 'models', ?)",
        [code_hash(code_files(".sql"))],
    )


def write_changes(connection: duckdb.DuckDBPyConnection, state: str) -> None:
    """Write the temporary table `basis_changes`: what differs from the basis last frozen.

    Columns: kind, item, value_before, value_after; a null value is an item that was not there.
    """
    connection.execute(
        f"""
        create or replace temp table basis_changes as
        with before as ({latest_basis(f"{state}.frozen_basis")})
        select coalesce(after.kind, before.kind) as kind, coalesce(after.item, before.item) as item,
            before.value as value_before, after.value as value_after
        from published.publication_basis as after
        full join before on after.kind = before.kind and after.item = before.item
        where after.value is distinct from before.value
        """
    )


def latest_basis(table: str) -> str:
    """Give the query of the basis last frozen: kind, item, value; gone items have no value."""
    return f"""
        select kind, item, value from (
            select *, row_number() over (
                partition by kind, item order by frozen_at desc, version desc
            ) as position
            from {table}
        ) as ordered
        where position = 1
    """


def tables_of(connection: duckdb.DuckDBPyConnection, catalog: str) -> set[str]:
    """Give `schema.table` of everything that an attached database holds."""
    rows = connection.execute(
        "select table_schema || '.' || table_name from information_schema.tables"
        " where table_catalog = ?",
        [catalog],
    ).fetchall()
    return {name for (name,) in rows}
