"""Small published files of an invented company: ordinary, empty, one-row and awkward.

The shape follows the marts' contract in `published_schema.py`; how real marts compute their
values is not repeated here.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb

from tests.published_kpis import cohort_rows, kpi_rows
from tests.published_rows import (
    ACCOUNTS,
    AS_OF,
    CURRENCY,
    MONTHS,
    PRODUCTS,
    PUBLISHED_AT,
    account_row,
    dimensions_rows,
    movements_rows,
    quality_rows,
    scores_rows,
    usage_and_tickets_rows,
)
from tests.published_schema import TABLES, create, insert
from tests.published_trust import bridge_rows, cost_rows, curve_rows, restatement_rows

VERSION = "20260617T053000-9f3c"


def _publication() -> dict:
    return {
        "version": VERSION,
        "published_at": PUBLISHED_AT,
        "as_of_date": AS_OF,
        "known_at": PUBLISHED_AT - dt.timedelta(minutes=20),
        "run_id": "run-7",
    }


def ordinary() -> dict[str, list[dict]]:
    """Give the rows of every table: 36 accounts, 27 of them customers, 18 months."""
    accounts = [account_row(index) for index in range(ACCOUNTS)]
    sizes = {account["account_id"]: account.pop("_size") for account in accounts}
    industries = {account["account_id"]: account["industry"] or "unknown" for account in accounts}
    movements = movements_rows()
    schemes = {"size_band": sizes, "industry": industries}
    cohorts = cohort_rows(movements, schemes, MONTHS)
    usage, tickets = usage_and_tickets_rows()
    scores, best, matches = scores_rows()
    checks, rejected = quality_rows()
    products, segments = dimensions_rows()
    names = {scheme: sorted(set(members.values())) for scheme, members in schemes.items()}
    sold = list(PRODUCTS)
    return {
        "publication": [_publication()],
        "dim_accounts": accounts,
        "dim_products": products,
        "dim_segments": segments,
        "fct_mrr_movements": movements,
        "fct_usage_days": usage,
        "fct_tickets": tickets,
        "cohort_retention": cohorts,
        "segment_kpis": kpi_rows(cohorts, list(PRODUCTS), CURRENCY),
        "segment_cac": cost_rows(names, sold, CURRENCY),
        "metric_bridge": bridge_rows(names, sold),
        "time_to_event_curves": curve_rows(names, sold),
        "restatements": restatement_rows(PUBLISHED_AT - dt.timedelta(days=10)),
        "icp_scores": scores,
        "product_icp_scores": best,
        "icp_matches": matches,
        "data_quality": checks,
        "rejected_rows": rejected,
    }


def empty() -> dict[str, list[dict]]:
    """Give a publication whose marts hold no row at all."""
    return {"publication": [_publication()]}


def one_row() -> dict[str, list[dict]]:
    """Give the first row of each table of the ordinary world, for account ac-000."""
    return {table: rows[:1] for table, rows in ordinary().items()}


def awkward() -> dict[str, list[dict]]:
    """Give the ordinary world with huge amounts, long names, markup in names and gaps."""
    world = ordinary()
    first, second = world["dim_accounts"][:2]
    first["account_name"] = "Invented Consolidated Intercontinental Freight & Storage " * 3
    first["domain"] = "a-very-long-name-of-a-company-that-never-was-and-never-will-be.example"
    second["account_name"] = "*Odd* $1 & $2 <b>Ltd</b> [link](https://invented.example)"
    for row in world["fct_mrr_movements"]:
        for column in ("opening_mrr", "movement_amount", "closing_mrr"):
            row[column] *= 123_456.789
        row["reporting_currency"] = "JPY"
    for row in world["segment_kpis"]:
        row["reporting_currency"] = "JPY"
        if row["metric"] == "cac" and row["value"]:
            row["value"] *= 987_654.321
    for row in world["segment_cac"]:
        row |= {"reporting_currency": "JPY", "spend": row["spend"] * 123_456}
        row |= {
            name: row[name] * 987_654.321 for name in ("cac", "ci_low", "ci_high") if name in row
        }
    for row in world["restatements"]:
        row["evidence"] += "; and a good deal more of it" * 8
        row["old_value"] *= 123_456_789
    for row in world["icp_matches"][:2]:
        row["reason"] = "a reason that goes on about thresholds and sources " * 6
    return world


WORLDS: dict[str, Callable[[], dict[str, list[dict]]]] = {
    "ordinary": ordinary,
    "empty": empty,
    "one_row": one_row,
    "awkward": awkward,
}


def build_published(
    path: Path,
    world: str | dict[str, list[dict]] = "ordinary",
    tables: Iterable[str] = TABLES,
) -> Path:
    """Write a published file at `path`, replacing what is there, and give the path back.

    `world` names one of WORLDS or is the rows themselves, by table; `tables` are those to create.
    """
    rows = WORLDS[world]() if isinstance(world, str) else world
    path.parent.mkdir(parents=True, exist_ok=True)
    candidate = path.with_suffix(".new")
    candidate.unlink(missing_ok=True)
    with duckdb.connect(str(candidate)) as connection:
        create(connection, tables)
        for table, table_rows in rows.items():
            insert(connection, table, table_rows)
    candidate.replace(path)
    return path
