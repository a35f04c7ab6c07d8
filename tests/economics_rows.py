"""What else a row of segment_cac says, told from its counts: bounds, and why a value is missing."""

from datetime import date
from typing import Any

import numpy as np
from economics_oracle import NEEDED, shift
from kpi_world import Z, wilson

Row = dict[str, Any]
# the first and last month in which each category was recorded
Recorded = dict[str, tuple[date, date]]
NO_PAYER = "no paying customer in the churn window"
NOBODY_LEFT = "nobody left in the churn window: no lifetime to estimate"
NOTHING = "no spend and no new logos in the window"


def count_bounds(events: int) -> tuple[float, float]:
    """Give the means of a Poisson count that lie Z standard errors from the count seen."""
    low, high = sorted(np.roots([1, -(2 * events + Z * Z), events**2]).real)
    return float(low), float(high)


def over_count(amount: float, events: int) -> tuple[float, float]:
    """Give the bounds of an amount per event: the amount is known, the count is chance."""
    low, high = count_bounds(events)
    return amount / high, amount / low


def ratio_bounds(value: float, won: int, lost: int) -> tuple[float, float]:
    """Give the bounds of LTV over CAC: of customers won and lost, the share won is chance."""
    low, high = (share / (1 - share) for share in wilson(won, won + lost))
    return value * lost / won * low, value * lost / won * high


def not_recorded(row: Row, recorded: Recorded) -> str | None:
    """Name salaries that are not recorded in all months of the row's spend, and the end of all."""
    last = shift(row["period_month"], -row["lag_months"])
    first = shift(last, 1 - row["window_months"])
    start, end = recorded["people"]
    end_of_all = max(end for _, end in recorded.values())
    gaps = []
    if "people" in NEEDED[row["metric_definition"]] and not start <= first <= last <= end:
        gaps.append(f"people (recorded {start:%Y-%m} to {end:%Y-%m})")
    if end_of_all < last:
        gaps.append(f"everything after {end_of_all:%Y-%m}")
    return f"spend not recorded: {', '.join(gaps)}" if gaps else None


def why_no_cost(row: Row, recorded: Recorded) -> str | None:
    """Give the first thing that is missing to a cost per new customer."""
    if row["lag_basis"] is None:
        return NOTHING
    if not_recorded(row, recorded):
        return not_recorded(row, recorded)
    if row["segment"] == "unallocated":
        return "spend that no segment can be charged with"
    if row["segment"] == "existing_customers":
        return "effort on deals with customers that were won before"
    if not row["new_logos"]:
        return "no new logos in the window"
    return None if row["spend"] else "no spend in the window"


def why_no_payback(row: Row) -> str | None:
    """Give the first thing that is missing to months of payback."""
    if row["reason"]:
        return row["reason"]
    if not row["new_customers"]:
        return "no new paying customer in the window"
    return None if row["gross_margin"] is not None else NO_PAYER


def why_no_lifetime_ratio(row: Row, min_n: int) -> str | None:
    """Give the first thing that is missing to LTV over CAC."""
    if row["ltv_reason"] or row["reason"]:
        return row["ltv_reason"] or row["reason"]
    return "fewer new logos than min_n" if row["new_logos"] < min_n else None


def why_no_median(row: Row) -> str | None:
    """Give the beginning of why no month is known by which half have paid back."""
    if row["lag_basis"] is None:
        return NOTHING
    if not row["followed_customers"]:
        return "no new customer whose cost is known"
    if row["payback_empirical"] is None:
        return "half of them have not paid back in the "
    return None


def why_no_lifetime(row: Row) -> str | None:
    """Give the first thing that is missing to a lifetime value."""
    if row["lag_basis"] is None:
        return NOTHING
    if row["gross_margin"] is None:
        return NO_PAYER
    return None if row["churned_customers"] else NOBODY_LEFT


def told(row: Row, min_n: int, recorded: Recorded) -> Row:
    """Give the columns that follow from the row's own counts, amounts and margin."""
    won, lost, cost, value = (
        row[name] for name in ("new_logos", "churned_customers", "cac", "ltv")
    )
    bounds = over_count(float(row["spend"]), won) if cost is not None else (None, None)
    lives = over_count(value * lost, lost) if value is not None else (None, None)
    pays_back, compares = not why_no_payback(row), not why_no_lifetime_ratio(row, min_n)
    ratios = ratio_bounds(value / cost, won, lost) if compares else (None, None)
    return {
        "cac": None if why_no_cost(row, recorded) else float(row["spend"]) / won,
        "reason": why_no_cost(row, recorded),
        "n": won,
        "is_reliable": cost is not None and won >= min_n,
        "payback_reason": why_no_payback(row),
        "payback_months": (
            cost / (row["new_mrr_per_customer"] * row["gross_margin"]) if pays_back else None
        ),
        "ltv_reason": why_no_lifetime(row),
        "ltv_cac_reason": why_no_lifetime_ratio(row, min_n),
        "ltv_cac": value / cost if compares else None,
        "is_complete": True,
        "reporting_currency": "USD",
        **dict(zip(("ci_low", "ci_high"), bounds, strict=True)),
        **dict(zip(("ltv_ci_low", "ltv_ci_high"), lives, strict=True)),
        **dict(zip(("ltv_cac_ci_low", "ltv_cac_ci_high"), ratios, strict=True)),
    }
