"""What `segment_kpis` must say of deals, counted deal by deal from the raw rows of METRICS 3.7.

Every cell of every scheme and product; the intervals are those of `interval_arithmetic.py`. That of
velocity: the sum won as a compound Poisson sum (how many deals come is chance too), the days by
order statistics, both put together on the log scale by Zou and Donner 2008.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from math import exp, log
from typing import Any

import numpy as np
from curve_world import counted_deals
from interval_arithmetic import bounded_ratio, effective_n, score_bounds, student, summed_ratio
from kpi_world import (
    LAST,
    MONTH_ENDS,
    Rows,
    Z,
    median_with_bounds,
    upper_quarter_with_bounds,
    wilson,
)

#: value, numerator, denominator, n, lower and upper bound, reason
Answer = tuple[Any, ...]
Deal = dict[str, Any]
NOTHING = (None, None, None)


def deal_kpis(rows: Rows) -> dict[tuple[Any, ...], Answer]:
    """Give the answer of each (metric, scope, product, scheme, segment, month) with a deal."""
    found = {}
    for month, end in MONTH_ENDS.items():
        first = date(month.year - 1, month.month + 1, 1)
        for cell, deals in _cells(rows).items():
            closed = [deal for deal in deals if _state(deal, LAST) != "open"]
            closed = [deal for deal in closed if first <= deal["close_date"] <= end]
            answers = _closed_answers(closed) if closed else {}
            created = [deal for deal in deals if first <= deal["created_at"] <= end]
            if created:
                won = sum(_state(deal, end) == "won" for deal in created)
                answers["win_rate_created"] = _share(won, len(created))
            found |= {(metric, *cell, month): answer for metric, answer in answers.items()}
    return found


def _cells(rows: Rows) -> dict[tuple[Any, ...], list[Deal]]:
    accounts = {row["account_id"]: row for row in rows["crm.accounts"]}
    cells = defaultdict(list)
    for deal in counted_deals(rows):
        if deal["created_at"] > LAST:
            continue
        # the deal on four accounts is its primary one's
        name = "A1" if deal["opportunity_id"] == "shared" else deal.get("account_id")
        for scope in _scopes(deal):
            for segment in _segments(accounts.get(name, {})):
                cells[*scope, *segment].append(deal)
    return cells


def _scopes(deal: Deal) -> Iterator[tuple[str, str | None]]:
    yield "portfolio", None
    if deal["product_id"]:
        yield "product", deal["product_id"]


def _segments(account: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "all", "all"
    yield "industry", account.get("industry") or "unknown"
    size = account.get("employees")
    yield "size", "unknown" if size is None else "small" if size < 100 else "large"


def _state(deal: Deal, end: date) -> str:
    if not deal["is_closed"] or deal["close_date"] > end:
        return "open"
    return "won" if deal["is_won"] else "lost"


def _share(successes: int, trials: int) -> Answer:
    return (successes / trials, successes, trials, trials, *wilson(successes, trials), None)


def _closed_answers(closed: list[Deal]) -> dict[str, Answer]:
    won = [deal for deal in closed if deal["is_won"]]
    days = [(deal["close_date"] - deal["created_at"]).days for deal in won]
    low, high = score_bounds(len(closed), len(closed), Z)
    answers = {
        "win_rate": _share(len(won), len(closed)),
        "pipeline_deals": (len(closed), None, None, len(closed), low, high, None),
        "sales_cycle_p75_days": (*NOTHING, 0, None, None, "no won deal with a known cycle"),
        "win_rate_by_value": _by_value(closed, won),
        "average_deal_value": _mean_value(won),
        "pipeline_velocity": _velocity(closed, won, days),
    }
    if days:
        middle, low, high = median_with_bounds(days)
        answers["sales_cycle_days"] = (middle, None, None, len(days), low, high, None)
        quarter, low, high = upper_quarter_with_bounds(days)
        answers["sales_cycle_p75_days"] = (quarter, None, None, len(days), low, high, None)
    return answers


def _amounts(deals: list[Deal]) -> list[float]:
    return [deal["amount"] for deal in deals if deal.get("amount") is not None]


def _by_value(closed: list[Deal], won: list[Deal]) -> Answer:
    everything, of_won = _amounts(closed), _amounts(won)
    unpriced = None
    if len(closed) > len(won) and len(everything) == len(of_won):
        unpriced = "lost"
    if won and not of_won:
        unpriced = "won"
    if not sum(everything):
        unpriced = "closed"
    given = (sum(of_won), sum(everything), len(everything))
    if unpriced:
        return None, *given, None, None, f"no {unpriced} deal has an amount"
    parts = [deal["amount"] if deal["is_won"] else 0 for deal in closed if deal.get("amount")]
    bounds = bounded_ratio([amount for amount in everything if amount], parts)
    return sum(of_won) / sum(everything), *given, *bounds, None


def _mean_value(won: list[Deal]) -> Answer:
    amounts = _amounts(won)
    if not amounts:
        return None, 0, 0, 0, None, None, "no won deal has an amount"
    bounds = summed_ratio([1] * len(amounts), amounts) or (None, None)
    return np.mean(amounts), sum(amounts), len(amounts), len(amounts), *bounds, None


def _velocity(closed: list[Deal], won: list[Deal], days: list[int]) -> Answer:
    amounts = np.asarray(_amounts(won), dtype=float)
    reason = None if days and np.median(days) else "the median cycle is 0 days"
    reason = reason if len(amounts) else "no won deal has an amount"
    reason = reason if won else "no deal was won in the window"
    if reason:
        return *NOTHING, len(days), None, None, reason
    middle, fewest, most = median_with_bounds(days)
    value = len(closed) * (len(won) / len(closed)) * amounts.mean() / middle
    bounds: tuple[float | None, float | None] = (None, None)
    if fewest and most:
        t = student(effective_n(amounts) - 1)
        low, high = score_bounds(amounts.sum(), (amounts**2).sum(), t)
        bounds = (
            value * exp(-np.hypot(log(low / amounts.sum()), log(most / middle))),
            value * exp(np.hypot(log(high / amounts.sum()), log(fewest / middle))),
        )
    return value, None, None, len(days), *bounds, None
