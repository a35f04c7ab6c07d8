"""Values that were published before and are published differently now, each with its cause.

A value is frozen in the state database when it is first published, and again when it changes; so
the state grows with months and changes, not with days. Each version holds the whole list, its own
restatements included, and the state takes those over once readers see the version.
"""

from datetime import datetime

import duckdb

from dagster_project.publication.basis import tables_of, write_basis, write_changes
from dagster_project.publication.frozen_values import KEY, same_key, write_values
from dagster_project.resources.settings import Settings

#: Largest relative change that is no restatement, where the parameters do not say.
_TOLERANCE, _FX_TOLERANCE = 0.001, 0.01
#: Smallest absolute change that is one: below a cent it is rounding.
_SMALLEST_MONEY, _SMALLEST = 0.005, 1e-9
#: Metrics that count customers, deals or days: no exchange rate can change them.
_COUNTED_KINDS = ("share", "median", "curve", "count")
#: Definitions that a parameter changes, by the beginning of the metric's name; else it is all.
_PARAMETER_METRICS = {
    "cac_lag_months": "cac",
    "csat_positive_from": "csat",
    "time_to_value_days": "time_to_value",
}

_RESTATED_KEY = ", ".join(f"restated.{name}" for name in KEY)

_COMPARED = f"""
    create or replace temp table compared as
    with latest as (
        select *, row_number() over (
                partition by {", ".join(KEY)} order by frozen_at desc, version desc
            ) as position,
            min(frozen_at) over (partition by {", ".join(KEY)}) as first_frozen_at
        from {{state}}.frozen_values
    ),

    counted as (
        {{counted}}
    )

    select current_values.*, latest.value as old_value, latest.first_frozen_at,
        latest.frozen_at as last_frozen_at,
        current_values.metric_definition not in (select metric_definition from counted) as is_money
    from current_values
    inner join latest on {same_key("current_values", "latest")}
    where latest.position = 1
"""

# a rate moves each amount by its own ratio, so a sum by one between them, and a quotient of two
# sums by at most the widest of them over the narrowest; items are rounded to the cent
_EVIDENCE = """
    create or replace temp table restated as
    with rates as (
        select cast(value_after as double precision) / cast(value_before as double precision)
            as ratio
        from basis_changes
        where kind = 'fx_rate' and value_before is not null and value_after is not null
        union all
        -- what is in the reporting currency does not move
        select 1.0
    ),

    bounds as (
        select max(ratio) / min(ratio) * 1.0001 as widest, count(*) - 1 as rate_count from rates
    ),

    merges as (
        select count(*) as merge_count from basis_changes where kind = 'merge'
    ),

    changed as (
        select compared.*, abs(coalesce(value - old_value, 0)) as distance,
            coalesce(
                bounds.rate_count > 0 and is_money
                and value between least(old_value / bounds.widest, old_value * bounds.widest)
                    and greatest(old_value / bounds.widest, old_value * bounds.widest),
                false
            ) as is_within_rates,
            merges.merge_count > 0
                -- the total of two customers is the total of the one they become
                and not (compared.segment_scheme = 'all' and metric_definition in (
                    'opening_mrr_total', 'closing_mrr_total'
                ))
                and (compared.segment_scheme = 'all' or merged_segments.segment is not null)
                as has_merge
        from compared
        left join merged_segments
            on compared.segment_scheme = merged_segments.segment_scheme
            and compared.segment = merged_segments.segment
        cross join bounds
        cross join merges
    ),

    judged as (
        select *, distance > greatest(
                abs(old_value) * case when is_within_rates then {fx_tolerance} else {tolerance} end,
                case when metric = 'mrr' then {smallest_money} else {smallest} end
            ) or (value is null) <> (old_value is null) as is_restated
        from changed
    )

    select * from judged where is_restated
"""

_DEFINITIONS = f"""
    create or replace temp table definition_evidence as
    select {_RESTATED_KEY},
        string_agg(effects.said, ', ' order by effects.said) as said
    from restated
    inner join effects
        on restated.metric like effects.metrics
        and (effects.scheme is null or restated.segment_scheme = effects.scheme)
        and (
            effects.product_id is null
            or restated.scope = 'portfolio'
            or restated.product_id = effects.product_id
        )
    group by {_RESTATED_KEY}
"""

_EFFECTS = """
    create or replace temp table effects as
    select
        case kind
            when 'parameter' then item || ' ' || coalesce(value_before, 'unset') || ' → '
                || coalesce(value_after, 'unset')
            when 'company' then item || ' ' || coalesce(value_before, 'unset') || ' → '
                || coalesce(value_after, 'unset')
            when 'code' then 'the SQL of the models'
            else kind || ' ' || item
        end as said,
        case when kind = 'scheme' then item end as scheme,
        case when kind = 'product' then item end as product_id,
        {metrics} as metrics
    from basis_changes
    where kind in ('parameter', 'company', 'code', 'scheme', 'product')
"""

_RESTATEMENTS = f"""
    insert into published.restatements
    select cast(? as timestamp), cast(? as varchar), {_RESTATED_KEY},
        restated.old_value, restated.value, restated.value - restated.old_value,
        restated.first_frozen_at, restated.last_frozen_at,
        case
            when definitions.said is not null then 'definition_changed'
            when restated.is_within_rates then 'fx_rate_changed'
            when restated.has_merge then 'accounts_merged'
            else 'late_data'
        end,
        concat_ws('; ',
            'definitions changed: ' || definitions.said,
            case when restated.is_within_rates then 'exchange rates changed: ' || {{rates}} end,
            case when restated.has_merge then {{merges}} || ' accounts merged or unmerged' end,
            cast(? as varchar)
        )
    from restated
    left join definition_evidence as definitions on {same_key("restated", "definitions")}
"""


def write_restatements(
    connection: duckdb.DuckDBPyConnection, settings: Settings, version: str, restated_at: datetime
) -> None:
    """Write `published.restatements` and `publication_basis` of the version under construction.

    The candidate and the state are attached as `candidate` and `state_file`.
    """
    write_basis(connection, "candidate")
    write_changes(connection, "state_file")
    write_values(connection, "candidate", "marts")
    connection.execute(
        "create or replace table published.restatements as select * from state_file.restatements"
    )
    known_at = _last_known_at(connection)
    if known_at is None:
        return
    present = tables_of(connection, "candidate")
    _write_merged_segments(connection, settings)
    connection.execute(_COMPARED.format(state="state_file", counted=_counted_definitions(present)))
    connection.execute(_EVIDENCE.format(**_tolerances(connection, present)))
    connection.execute(_EFFECTS.format(metrics=_metrics_of_parameters()))
    connection.execute(_DEFINITIONS)
    loaded = _rows_landed(connection, present, known_at)
    connection.execute(
        _RESTATEMENTS.format(rates=_RATES_SAID, merges=_MERGES_COUNTED),
        [restated_at, version, f"{loaded} rows landed since {known_at:%Y-%m-%d %H:%M} UTC"],
    )


_RATES_SAID = """(
    select string_agg(item || ' ' || value_before || ' → ' || value_after, ', ' order by item)
    from basis_changes
    where kind = 'fx_rate' and value_before is not null and value_after is not null
)"""
_MERGES_COUNTED = "(select count(*) from basis_changes where kind = 'merge')"


def _last_known_at(connection: duckdb.DuckDBPyConnection) -> datetime | None:
    """Give what the version last frozen knew; None before the first."""
    rows = connection.execute(
        "select known_at from state_file.frozen_versions order by published_at desc limit 1"
    ).fetchall()
    return rows[0][0] if rows else None


def _counted_definitions(present: set[str]) -> str:
    if "intermediate.int_kpi_metrics" not in present:
        return "select '' as metric_definition"
    return (
        "select metric_definition from candidate.intermediate.int_kpi_metrics"
        f" where kind in {_COUNTED_KINDS}"
    )


def _tolerances(connection: duckdb.DuckDBPyConnection, present: set[str]) -> dict[str, float]:
    found = {
        "tolerance": _TOLERANCE,
        "fx_tolerance": _FX_TOLERANCE,
        "smallest_money": _SMALLEST_MONEY,
        "smallest": _SMALLEST,
    }
    if "icp_registry.metric_parameters" in present:
        rows = connection.execute(
            "select parameter, value_number from candidate.icp_registry.metric_parameters"
            " where parameter like 'restatement\\_%' escape '\\'"
        ).fetchall()
        found |= {name.removeprefix("restatement_"): value for name, value in rows}
    return found


def _metrics_of_parameters() -> str:
    cases = " ".join(
        f"when '{parameter}' then '{metrics}%'" for parameter, metrics in _PARAMETER_METRICS.items()
    )
    return f"case when kind = 'parameter' then case item {cases} else '%' end else '%' end"


def _write_merged_segments(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Write the segments, now and as published, of the accounts whose merge is new or undone."""
    connection.execute(
        """
        create or replace temp table merged_segments as
        select cast(null as varchar) as segment_scheme, cast(null as varchar) as segment
        where false
        """
    )
    _add_merged_segments(connection, "candidate", "marts")
    if settings.published.exists():
        connection.execute(f"attach '{settings.published}' as previous (read_only)")
        _add_merged_segments(connection, "previous", "published")
        connection.execute("detach previous")


def _add_merged_segments(connection: duckdb.DuckDBPyConnection, catalog: str, schema: str) -> None:
    if f"{schema}.bridge_account_segments" not in tables_of(connection, catalog):
        return
    connection.execute(
        f"""
        insert into merged_segments
        select segment_scheme, segment from {catalog}.{schema}.bridge_account_segments
        where account_id in (
            select value_before from basis_changes where kind = 'merge'
            union all
            select value_after from basis_changes where kind = 'merge'
            union all
            -- source:account
            select substr(item, strpos(item, ':') + 1) from basis_changes where kind = 'merge'
        )
        except
        select segment_scheme, segment from merged_segments
        """
    )


def _rows_landed(
    connection: duckdb.DuckDBPyConnection, present: set[str], known_at: datetime
) -> int:
    if "landing.loads" not in present:
        return 0
    return connection.execute(
        "select coalesce(sum(rows_inserted), 0) from candidate.landing.loads"
        " where status = 'loaded' and loaded_at > ?",
        [known_at],
    ).fetchall()[0][0]
