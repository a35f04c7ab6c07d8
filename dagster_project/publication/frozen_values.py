"""Freezing what was published: which values, and that they are kept.

Frozen are the values of months that are over, for everybody and for the segments of every scheme
that is not crossed, and the money of the movements by month.
"""

import duckdb

from dagster_project.publication.basis import latest_basis, tables_of
from dagster_project.publication.state import open_state
from dagster_project.resources.settings import Settings
from dagster_project.resources.warehouse import attach_to_read

#: What identifies a value. A product is null where the scope is the portfolio.
KEY = (
    "scope",
    "product_id",
    "segment_scheme",
    "segment",
    "period_month",
    "metric",
    "metric_definition",
)
_MOVEMENTS = ("new", "cross_sell", "reactivation", "expansion", "contraction", "churn")

_KPIS = """
    select {key}, value
    from {schema}.segment_kpis
    where is_complete and segment_scheme not in (
        select segment_scheme from {schema}.dim_segments where scheme_kind = 'crossed'
    )
"""
_TOTALS = """
    select {scope} as scope, {product} as product_id, 'all' as segment_scheme, 'all' as segment,
        totals.period_month, 'mrr' as metric, totals.metric_definition,
        cast(totals.value as double precision) as value
    from (
        select {grain}, 'opening_mrr_total' as metric_definition, sum(opening_mrr) as value
        from {schema}.{mart} where is_complete group by {grain}
        union all
        select {grain}, 'closing_mrr_total', sum(closing_mrr)
        from {schema}.{mart} where is_complete group by {grain}
        {movements}
    ) as totals
"""
_MOVEMENT = """
        union all
        select {grain}, '{movement}_mrr_total',
            sum(case when movement = '{movement}' then movement_amount else 0 end)
        from {schema}.{mart} where is_complete group by {grain}
"""


def write_values(connection: duckdb.DuckDBPyConnection, catalog: str, schema: str) -> None:
    """Write the temporary table `current_values`: the key, and the value now (null: none).

    A mart that is not there gives no values.
    """
    parts = []
    present = tables_of(connection, catalog)
    if present.issuperset({f"{schema}.segment_kpis", f"{schema}.dim_segments"}):
        parts.append(_KPIS.format(key=", ".join(KEY), schema=f"{catalog}.{schema}"))
    for mart, scope, product, grain in (
        ("fct_mrr_movements", "'portfolio'", "cast(null as varchar)", "period_month"),
        ("fct_mrr_product_movements", "'product'", "product_id", "product_id, period_month"),
    ):
        if f"{schema}.{mart}" in present:
            names = {"grain": grain, "schema": f"{catalog}.{schema}", "mart": mart}
            movements = "".join(
                _MOVEMENT.format(movement=movement, **names) for movement in _MOVEMENTS
            )
            parts.append(_TOTALS.format(scope=scope, product=product, movements=movements, **names))
    query = " union all ".join(parts) or f"{_EMPTY} where false"
    connection.execute(f"create or replace temp table current_values as {query}")


_EMPTY = """
    select '' as scope, '' as product_id, '' as segment_scheme, '' as segment,
        date '2000-01-01' as period_month, '' as metric, '' as metric_definition,
        cast(null as double precision) as value
"""


def same_key(left: str, right: str) -> str:
    """Give the join condition of two tables of values."""
    return " and ".join(
        f"coalesce({left}.{name}, '') = coalesce({right}.{name}, '')"
        if name == "product_id"
        else f"{left}.{name} = {right}.{name}"
        for name in KEY
    )


def store_frozen_values(settings: Settings) -> int:
    """Freeze the published version's new and changed values; give how many were frozen.

    Does nothing for a version whose values are frozen already, such as one that was rolled back to.
    """
    if not settings.published.exists():
        return 0
    with open_state(settings) as state:
        attach_to_read(state, settings.published, "published_file")
        (version, published_at, known_at) = state.execute(
            "select version, published_at, known_at from published_file.published.publication"
        ).fetchall()[0]
        is_stored = state.execute(
            "select count(*) from frozen_versions where version = ?", [version]
        ).fetchall()[0][0]
        is_comparable = "published.drifted_values" in tables_of(state, "published_file")
        if is_stored or not is_comparable:
            return 0
        write_values(state, "published_file", "published")
        state.execute("begin")
        before = _count_frozen(state)
        for statement in (_STORE_RESTATEMENTS, _STORE_VALUES, _STORE_BASIS):
            state.execute(statement, {"version": version, "published_at": published_at})
        state.execute("delete from drifted_values")
        state.execute(
            "insert into drifted_values select * from published_file.published.drifted_values"
        )
        state.execute(
            "insert into frozen_versions values (?, ?, ?)", [version, published_at, known_at]
        )
        state.execute("commit")
        return _count_frozen(state) - before


_STORE_RESTATEMENTS = """
    insert into restatements
    select * from published_file.published.restatements
    where version = $version and restated_at = $published_at
"""
# a restated value may be null: what was shown before is withdrawn
_STORE_VALUES = f"""
    insert into frozen_values
    select current_values.metric, current_values.metric_definition, current_values.scope,
        current_values.product_id, current_values.segment_scheme, current_values.segment,
        current_values.period_month, current_values.value, $published_at, $version
    from current_values
    left join (select distinct {", ".join(KEY)} from frozen_values) as held
        on {same_key("current_values", "held")}
    left join (select * from restatements where version = $version) as restated
        on {same_key("current_values", "restated")}
    where restated.version is not null
        or (held.scope is null and current_values.value is not null)
"""
_STORE_BASIS = f"""
    insert into frozen_basis
    select coalesce(after.kind, before.kind), coalesce(after.item, before.item), after.value,
        $version, $published_at
    from published_file.published.publication_basis as after
    full join ({latest_basis("frozen_basis")}) as before
        on after.kind = before.kind and after.item = before.item
    where after.value is distinct from before.value
"""


def _count_frozen(state: duckdb.DuckDBPyConnection) -> int:
    return state.execute("select count(*) from frozen_values").fetchall()[0][0]
