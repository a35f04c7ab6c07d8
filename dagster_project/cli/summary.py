"""The end of a run, for a person: what came in, what was rejected, what was found, what next."""

from datetime import datetime

import duckdb
from rich.markup import escape

from dagster_project.cli.tables import console, table
from dagster_project.formats import interval, percent
from dagster_project.resources.settings import Settings
from dagster_project.resources.warehouse import open_published, open_warehouse

#: Shown, in this order of preference, as "best and worst segments": the metric and how the name
#: of its definition begins.
_HEADLINES = (("nrr", "nrr_cohort"), ("logo_retention", "closed_cohort"), ("win_rate", "closed"))


def print_landing(settings: Settings, run_id: str) -> None:
    """Print one line per source entity: rows read, new, changed, gone, and lines not readable."""
    with open_warehouse(settings, read_only=True) as connection:
        rows = connection.execute(
            """
            select source, entity, count(*), sum(case when status = 'unchanged' then 1 else 0 end),
                sum(rows_read), sum(rows_inserted), sum(rows_changed), sum(rows_deleted),
                sum(rows_unparsed)
            from landing.loads where run_id = ? group by source, entity order by source, entity
            """,
            [run_id],
        ).fetchall()
    columns = ["source", "entity", "files#", "unchanged#", "rows read#", "new#", "changed#"]
    console.print(table("What came in", [*columns, "gone#", "unreadable#"], rows))


def print_published(settings: Settings) -> None:
    """Print rejected rows, checks, segments and ICP matches of the published version."""
    with open_published(settings) as connection:
        _print_rejected(connection)
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


def _print_rejected(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.execute(
        """
        select entity, disposition, rule, sum(row_count) as row_count from rejected_rows
        group by entity, disposition, rule order by row_count desc, entity, rule
        """
    ).fetchall()
    if not rows:
        console.print("Nothing was kept aside: every row was accepted.")
        return
    console.print(table("Kept aside, and why", ["entity", "what happened", "rule", "rows#"], rows))


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
            chosen = rows if len(rows) <= 6 else [*rows[:3], *rows[-3:]]
            shown = [
                (scheme, segment, percent(value), interval(low, high, "share", None), n)
                for scheme, segment, value, low, high, n in chosen
            ]
            title = f"Best and worst segments by {metric} (reliable ones, portfolio)"
            console.print(table(title, ["scheme", "segment", metric, "95% interval", "n#"], shown))
            return
    console.print("No segment is large enough yet to compare: every n is below the minimum.")


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
