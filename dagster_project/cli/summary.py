"""The end of a run, for a person: what came in, what was rejected, what was found, what next."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import duckdb
from rich.markup import escape

from dagster_project.cli.tables import console, table
from dagster_project.formats import interval, percent
from dagster_project.icp.entities import EVENTS
from dagster_project.resources.settings import Settings
from dagster_project.resources.warehouse import open_published, open_warehouse

Row = tuple[Any, ...]

#: Shown, in this order of preference, as "best and worst segments": the metric and how the name
#: of its definition begins.
_HEADLINES = (("nrr", "nrr_cohort"), ("logo_retention", "closed_cohort"), ("win_rate", "closed"))


def print_landing(settings: Settings, run_id: str) -> None:
    """Print one line per source entity: rows read, new, changed, gone, and lines not readable."""
    with open_warehouse(settings, read_only=True) as connection:
        rows = connection.execute(
            """
            with files as (
                select source, entity, 1 as files, if(status = 'unchanged', 1, 0) as unchanged,
                    rows_read, rows_inserted, rows_changed, rows_deleted, rows_unparsed
                from landing.loads
                where run_id = $run and (entity <> $events or status = 'failed')
                union all
                -- one load stands for all event files of a source, which have a ledger of their own
                select loads.source, loads.entity,
                    (select count(*) from landing.event_files as held
                    where held.source = loads.source and held.superseded_at is null),
                    (select count(*) from landing.event_files as held
                    where held.source = loads.source and held.superseded_at is null
                        and held.landed_at < loads.loaded_at),
                    rows_read, rows_inserted, rows_changed, rows_deleted, rows_unparsed
                from landing.loads as loads
                where run_id = $run and entity = $events and status <> 'failed'
            )
            select source, entity, sum(files), sum(unchanged), sum(rows_read),
                sum(rows_inserted), sum(rows_changed), sum(rows_deleted), sum(rows_unparsed)
            from files group by source, entity order by source, entity
            """,
            {"run": run_id, "events": EVENTS.id},
        ).fetchall()
    columns = ["source", "entity", "files#", "unchanged#", "rows read#", "new#", "changed#"]
    console.print(table("What came in", [*columns, "gone#", "unreadable#"], rows))


def print_unpublished(settings: Settings, run_id: str) -> None:
    """Print what a run that failed landed, and what the last build kept aside; as far as it got."""
    if not settings.warehouse.exists():
        return
    with suppress(duckdb.Error):
        print_landing(settings, run_id)
    with (
        suppress(duckdb.Error),
        open_warehouse(settings, read_only=True) as connection,
    ):
        _print_rejected(connection, "marts.rejected_rows", "all data, as last built")


def print_published(settings: Settings) -> None:
    """Print rejected rows, checks, segments and ICP matches of the published version."""
    with open_published(settings) as connection:
        _print_rejected(connection, "rejected_rows", "all data")
        _print_checks(connection)
        _print_segments(connection)
        _print_icps(connection)


def print_next_steps(settings: Settings, started: datetime, finished: datetime) -> None:
    """Print where the result is and what a person does next."""
    seconds = (finished - started).total_seconds()
    console.print(
        f"\n[bold green]Published[/] {escape(settings.published_place)}  ({seconds:.0f} s)"
    )
    console.print(
        "Next: [bold]make dashboard[/] to look, [bold]icp explain ACCOUNT[/] for one score,"
        " [bold]icp sync[/] for what would change in the CRM, [bold]icp status[/] any time."
    )


def _print_rejected(connection: duckdb.DuckDBPyConnection, relation: str, of: str) -> None:
    rows = connection.execute(
        f"""
        select entity, disposition, rule, sum(row_count) as row_count from {relation}
        group by entity, disposition, rule order by row_count desc, entity, rule
        """
    ).fetchall()
    if not rows:
        console.print("Nothing was kept aside: every row was accepted.")
        return
    title = f"Kept aside, and why ({of})"
    console.print(table(title, ["entity", "what happened", "rule", "rows#"], rows))


def _print_checks(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.execute(
        """
        select layer, count(*), sum(case when status = 'passed' then 1 else 0 end),
            sum(case when status <> 'passed' and severity = 'error' then 1 else 0 end),
            sum(case when status <> 'passed' and severity <> 'error' then 1 else 0 end)
        from data_quality group by layer order by layer
        """
    ).fetchall()
    console.print(table("Checks", ["layer", "checks#", "passed#", "failed#", "warned#"], rows))


def _print_segments(connection: duckdb.DuckDBPyConnection) -> None:
    """Print the best and worst reliable segments on the first headline metric that has any."""
    for metric, definition in _HEADLINES:
        rows = connection.execute(
            """
            with latest as (
                select max(period_month) as period_month from segment_kpis
                where metric = $m and starts_with(metric_definition, $d)
                    and is_complete and value is not null
            )
            select segment_scheme, segment, value, ci_low, ci_high, cast(n as bigint)
            from segment_kpis inner join latest using (period_month)
            where metric = $m and starts_with(metric_definition, $d)
                and scope = 'portfolio' and segment_scheme <> 'all'
                and segment_scheme not in (
                    select segment_scheme from dim_segments where scheme_kind = 'crossed'
                )
                and segment not in ('unknown', 'unallocated') and is_reliable and value is not null
            order by value desc, segment_scheme, segment
            """,
            {"m": metric, "d": definition},
        ).fetchall()
        if rows:
            shown = [
                (place, scheme, segment, percent(value), interval(low, high, "share", None), n)
                for place, (scheme, segment, value, low, high, n) in best_and_worst(rows)
            ]
            title = f"Best and worst segments by {metric} (reliable ones, portfolio)"
            console.print(
                table(title, ["", "scheme", "segment", metric, "95% interval", "n#"], shown)
            )
            return
    console.print("No segment is large enough yet to compare: every n is below the minimum.")


def best_and_worst(rows: Sequence[Row]) -> list[tuple[str, Row]]:
    """Say of rows sorted from the best which are the best and the worst, at most three each."""
    ends = min(3, len(rows) // 2)
    worst = len(rows) - ends
    named = ["best"] * ends + ["between"] * (worst - ends) + ["worst"] * ends
    placed = list(zip(named, rows, strict=True))
    return placed if len(rows) <= 6 else [*placed[:ends], *placed[worst:]]


def _print_icps(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.execute(
        """
        select icp_id, sum(case when is_icp then 1 else 0 end),
            sum(case when not is_icp then 1 else 0 end),
            sum(case when is_icp is null then 1 else 0 end),
            sum(case when is_disqualified then 1 else 0 end),
            sum(case when tier = 'A' then 1 else 0 end), sum(case when tier = 'B' then 1 else 0 end)
        from icp_scores group by icp_id order by icp_id
        """
    ).fetchall()
    columns = ["ICP", "match#", "no match#", "unknown#", "disqualified#", "tier A#", "tier B#"]
    console.print(table("Accounts by ICP (as defined, not yet proven)", columns, rows))
