"""`icp explain`: one account, and why it scores what it scores. Reads the published database."""

from typing import Any

import duckdb
from rich.markup import escape
from rich.text import Text

from dagster_project.cli.tables import console, print_error, table
from dagster_project.formats import percent, text
from dagster_project.resources.settings import Settings
from dagster_project.resources.warehouse import open_published

Row = dict[str, Any]

_MARKS = {
    True: Text("met", style="green"),
    False: Text("not met", style="red"),
    None: Text("unknown", style="yellow"),
}
_HIDDEN = {"reporting_currency", "as_of_date"}
_NOT_RECORDED = "not recorded"
#: The source is judged by the records of all accounts: where it stopped, nothing is no zero.
_USAGE = """
    select max(usage_date) filter (account_id = $a) as last_day,
        count(distinct usage_date) filter (account_id = $a and is_recent) as days,
        max(active_user_count) filter (account_id = $a and is_recent) as users,
        coalesce(bool_or(is_recent), false) as is_recorded
    from (select *, usage_date > $d - 30 as is_recent from fct_usage_days where usage_date <= $d)
"""
_TICKETS = """
    select count(*) filter (account_id = $a) as total,
        count(*) filter (account_id = $a and is_recent) as opened,
        count(*) filter (account_id = $a and is_recent and solved_at is null) as unsolved,
        arg_max(csat_score, created_at) filter (account_id = $a and csat_score is not null) as csat,
        max(created_on) filter (account_id = $a and csat_score is not null) as rated_on,
        coalesce(bool_or(is_recent), false) as is_recorded
    from (select *, created_on > $d - 90 as is_recent from fct_tickets where created_on <= $d)
"""


def print_account(settings: Settings, account: str) -> int:
    """Print one account by id or domain; give 1 when nothing is published or nobody matches."""
    try:
        with open_published(settings) as connection:
            found = _rows(
                connection,
                "select * from dim_accounts where account_id = $a or domain = lower($a)",
                {"a": account},
            )
            if not found:
                _print_nobody(connection, account)
                return 1
            for row in found:
                _print_one(connection, row)
    except FileNotFoundError as error:
        print_error(error)
        return 1
    return 0


def _print_nobody(connection: duckdb.DuckDBPyConnection, account: str) -> None:
    console.print(f"[red]No account has the id or the domain {escape(repr(account))}.[/]")
    near = _rows(
        connection,
        """
        select account_id, account_name, domain from dim_accounts
        where account_name ilike '%' || $a || '%' or domain ilike '%' || $a || '%'
        order by account_id limit 5
        """,
        {"a": account},
    )
    if near:
        console.print(table("Did you mean", list(near[0]), [list(row.values()) for row in near]))


def _print_one(connection: duckdb.DuckDBPyConnection, account: Row) -> None:
    name = account.get("account_name") or account["account_id"]
    console.rule(f"[bold]{escape(name)}[/] ({escape(account['account_id'])})")
    console.print(
        table(
            f"Attributes, as of {account['as_of_date']}",
            ["attribute", "value"],
            [(key, _plain(value)) for key, value in account.items() if key not in _HIDDEN],
        )
    )
    key = {"a": account["account_id"]}
    for score in _rows(
        connection, "select * from icp_scores where account_id = $a order by fit desc, icp_id", key
    ):
        _print_score(connection, account["account_id"], score)
    _print_money(connection, account)
    _print_activity(connection, account)


def _print_score(connection: duckdb.DuckDBPyConnection, account_id: str, score: Row) -> None:
    verdict = {True: "an ideal customer", False: "not an ideal customer", None: "unknown"}
    console.print(
        f"\n[bold]{score['icp_id']}[/] version {score['icp_version']}: tier"
        f" [bold]{score['tier']}[/], {text(score['points'])} of {text(score['max_points'])} points"
        f" (fit {text(score['fit'])}), {verdict[score['is_icp']]};"
        f" {percent(score['completeness'])} of what it needs is known"
    )
    if score["is_disqualified"]:
        console.print(f"  [red]disqualified:[/] {escape(str(score['disqualifier_codes']))}")
    matches = _rows(
        connection,
        """
        select criterion_id, is_met, value, points_awarded, points_possible, reason
        from icp_matches where account_id = $a and icp_id = $i and icp_version = $v
        order by points_possible desc, criterion_id
        """,
        {"a": account_id, "i": score["icp_id"], "v": score["icp_version"]},
    )
    console.print(
        table(
            "",
            ["criterion", "is", "value", "points#", "of#", "why"],
            [
                (
                    row["criterion_id"],
                    _MARKS[row["is_met"]],
                    row["value"],
                    row["points_awarded"],
                    row["points_possible"],
                    row["reason"],
                )
                for row in matches
            ],
        )
    )


def _print_money(connection: duckdb.DuckDBPyConnection, account: Row) -> None:
    months = _rows(
        connection,
        """
        select period_month, opening_mrr, movement, movement_amount, closing_mrr
        from fct_mrr_movements where customer_id = $c and movement <> 'none'
        order by period_month desc limit 8
        """,
        {"c": account["customer_id"]},
    )
    if not months:
        console.print("\nNo recurring revenue so far.")
        return
    currency = account["reporting_currency"]
    console.print(
        table(
            f"Latest changes of recurring revenue ({currency} a month)",
            ["month", "before#", "movement", "by#", "after#"],
            [list(row.values()) for row in months],
        )
    )


def _print_activity(connection: duckdb.DuckDBPyConnection, account: Row) -> None:
    key = {"a": account["account_id"], "d": account["as_of_date"]}
    [usage] = _rows(connection, _USAGE, key)
    [tickets] = _rows(connection, _TICKETS, key)
    used = active = opened = rated = _NOT_RECORDED
    if usage["last_day"]:
        used = str(usage["last_day"])
    if usage["last_day"] and usage["is_recorded"]:
        active = f"{usage['days']} days"
        # a person on two days or in two products counts twice: only one day's number is one
        if usage["users"]:
            active += f", up to {usage['users']} users of a product on one"
    if tickets["total"] and tickets["is_recorded"]:
        opened = f"{tickets['opened']}, {tickets['unsolved']} of them not solved"
    if tickets["csat"] is not None:
        rated = f"{text(tickets['csat'])}, ticket of {tickets['rated_on']}"
    rows = [("last active day", used), ("active in the last 30 days", active)]
    rows += [("tickets opened in the last 90 days", opened), ("latest satisfaction", rated)]
    console.print(table("Usage and tickets", ["what", "value"], rows))


def _plain(value: Any) -> str:
    """Give an attribute as the CRM holds it: a year has no thousands separator."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else text(value)


def _rows(connection: duckdb.DuckDBPyConnection, query: str, values: Row) -> list[Row]:
    cursor = connection.execute(query, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
