"""Leads beside the deals of `curve_world.py`, and the funnel counted person by person."""

import random
from collections import defaultdict
from datetime import date, timedelta
from statistics import median
from typing import Any

from curve_world import counted_deals
from kpi_world import LAST, Rows

STAGES = ("lead", "mql", "sql", "opportunity", "won")
MIN_N = 20


def lead_rows(rows: Rows, seed: int = 5) -> list[dict[str, Any]]:
    """Give leads that became accounts, wrote twice, skipped stages or led nowhere."""
    dice = random.Random(seed)
    found = []
    for number in range(150):
        created = date(2029, 1, 1) + timedelta(days=dice.randint(0, 540))
        row: dict[str, Any] = {"lead_id": f"L{number}", "created_at": created}
        row["email"] = f"person{dice.randrange(90)}@gmail.com"
        for stage in ("mql_at", "sql_at"):
            if dice.random() < 0.4:
                row[stage] = created + timedelta(days=dice.randint(0, 40))
        if dice.random() < 0.3:
            row["converted_account_id"] = f"A{dice.randrange(60)}"
            row["email"] = f"buyer{number}@gmail.com"
        found.append(row)
    return found


def _deals_by_customer(rows: Rows) -> dict[str, list[tuple[date, date | None]]]:
    deals = defaultdict(list)
    for deal in counted_deals(rows):
        if deal["created_at"] > LAST:
            continue
        account = "A1" if deal["opportunity_id"] == "shared" else deal.get("account_id")
        is_won = deal["is_closed"] and deal["is_won"] and deal["close_date"] <= LAST
        key = account or f"deal {deal['opportunity_id']}"
        deals[key].append((deal["created_at"], deal["close_date"] if is_won else None))
    return deals


def reached_stages(rows: Rows) -> list[tuple[str, str | None, list[date | None]]]:
    """Give (entry, account, day of each stage) of everybody, each once."""
    dates: dict[str, list[set[date]]] = defaultdict(lambda: [set() for _ in STAGES])
    for lead in rows["crm.leads"]:
        key = lead.get("converted_account_id") or lead["email"]
        for position, column in enumerate(("created_at", "mql_at", "sql_at")):
            if lead.get(column) and lead[column] <= LAST:
                dates[key][position].add(lead[column])
    for key, deals in _deals_by_customer(rows).items():
        for opened, won in deals:
            dates[key][3].add(opened)
            dates[key][4] |= {won} if won else set()
    found = []
    for key, stages in dates.items():
        opened = min(stages[3] | stages[4], default=None)
        led = bool(stages[0]) and (opened is None or min(stages[0]) <= opened)
        used = stages if led else [set(), set(), set(), *stages[3:]]
        reached = [min(set().union(*used[k:]), default=None) for k in range(len(STAGES))]
        if not led:
            reached[:3] = [None] * 3
        account = key if key[0] == "A" else None
        found.append(("lead" if led else "opportunity", account, reached))
    return found


def funnel_by_hand(rows: Rows) -> dict[tuple[str, date, str], tuple[int, int, float | None, bool]]:
    """Give entered, converted, rate, is_mature of each entry, cohort and stage of everybody."""
    people = reached_stages(rows)
    waits = defaultdict(list)
    for entry, _, reached in people:
        for k in range(4):
            if reached[k] and reached[k + 1]:
                waits[entry, k].append((reached[k + 1] - reached[k]).days)
    found = {}
    cohorts = {(entry, min(filter(None, reached)).replace(day=1)) for entry, _, reached in people}
    for entry, month in cohorts:
        members = [
            reached
            for other, _, reached in people
            if other == entry and min(filter(None, reached)).replace(day=1) == month
        ]
        last_day = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        needed, is_endless = 0.0, False
        for k in range(0 if entry == "lead" else 3, len(STAGES)):
            entered = sum(reached[k] is not None for reached in members)
            converted = sum(k < 4 and reached[k + 1] is not None for reached in members)
            is_endless |= not waits[entry, k]
            needed += median(waits[entry, k] or [0])
            is_mature = not is_endless and (LAST - last_day).days >= needed
            rate = converted / entered if k < 4 and is_mature and entered else None
            found[entry, month, STAGES[k]] = (entered, converted, rate, is_mature)
    return found
