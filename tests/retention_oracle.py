"""Retention, churn and their bridges by brute force, from METRICS 3.2 and 3.3 and not from the SQL.

Everything is asked of one customer's months at a time: `Paid` is customer -> month -> MRR.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import prod
from typing import Any

import numpy as np

Paid = dict[str, dict[date, Decimal]]
Segment = Callable[[str, date], str]  # (customer, month at whose end it is asked)
WINDOW = 12
Z = 1.959963984540054


def shifted(month: date, count: int) -> date:
    """Give the month `count` months later (earlier where negative)."""
    number = month.year * 12 + month.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)


@dataclass(frozen=True)
class Story:
    """One customer between two months: its MRR at each month's end, both included."""

    amounts: tuple[Decimal, ...]

    @property
    def opening(self) -> Decimal:
        """MRR at the start."""
        return self.amounts[0]

    @property
    def closing(self) -> Decimal:
        """MRR at the end."""
        return self.amounts[-1]


def members(
    paid: Paid, segment: Segment, wanted: str, opening: date, months: int
) -> tuple[list[Story], list[Story]]:
    """Give the stories of who paid at `opening`, and of who had paid before but not then."""
    inside, lapsed = [], []
    for customer, amounts in paid.items():
        if wanted != "all" and segment(customer, opening) != wanted:
            continue
        path = [amounts.get(shifted(opening, step), Decimal(0)) for step in range(months + 1)]
        if path[0] > 0:
            inside.append(Story(tuple(path)))
        elif min(amounts) < opening:
            lapsed.append(Story(tuple(path)))
    return inside, lapsed


def _ratio(parts: Iterable[Decimal | int], whole: Iterable[Decimal | int]) -> float | None:
    bottom = sum(whole)
    return float(sum(parts)) / float(bottom) if bottom else None


def cohort_retention(paid: Paid, segment: Segment, wanted: str, month: date) -> dict[str, float]:
    """Give the four closed-cohort definitions at `month`, of who paid twelve months before."""
    inside, _ = members(paid, segment, wanted, shifted(month, -WINDOW), WINDOW)
    if not inside:
        return {}
    opening = [story.opening for story in inside]
    return {
        "closed_cohort_12m": sum(story.closing > 0 for story in inside) / len(inside),
        "grr_point_12m": _ratio((min(s.opening, s.closing) for s in inside), opening),
        "grr_running_min_12m": _ratio((min(s.amounts) for s in inside), opening),
        "nrr_cohort_12m": _ratio((s.closing for s in inside), opening),
    }


def monthly_rates(paid: Paid, segment: Segment, wanted: str, month: date) -> dict[str, float]:
    """Give retention by movements, churn (ChartMogul's standard) and reactivation of one month."""
    inside, lapsed = members(paid, segment, wanted, shifted(month, -1), 1)
    rates: dict[str, float] = {}
    returned = [story for story in lapsed if story.closing > 0]
    if lapsed:
        rates["reactivation_monthly"] = len(returned) / len(lapsed)
    if not inside:
        return rates
    start = sum(s.opening for s in inside)
    churn = sum(s.opening for s in inside if s.closing == 0)
    contraction = sum(s.opening - s.closing for s in inside if 0 < s.closing < s.opening)
    expansion = sum(s.closing - s.opening for s in inside if s.closing > s.opening)
    back = sum(s.closing for s in returned)
    left = sum(s.closing == 0 for s in inside)
    return rates | {
        "customer_churn_monthly": left / len(inside),
        "gross_mrr_churn_monthly": float((churn + contraction) / start),
        "net_mrr_churn_monthly": float((churn + contraction - expansion - back) / start),
        "logo_movement": 1 - left / len(inside),
        "grr_movement": float((start - contraction - churn) / start),
        "nrr_movement": float((start + expansion - contraction - churn) / start),
    }


def compounded(paid: Paid, segment: Segment, wanted: str, month: date) -> dict[str, float]:
    """Multiply twelve months of `monthly_rates`; nothing where a month begins without payers."""
    months = [shifted(month, -step) for step in range(WINDOW)]
    rates = [monthly_rates(paid, segment, wanted, step) for step in months]
    if not all("nrr_movement" in rate for rate in rates):
        return {}
    return {
        f"{name}_12m_compounded": prod(rate[f"{name}_movement"] for rate in rates)
        for name in ("logo", "grr", "nrr")
    }


def loglog_bounds(value: Any, log_error: Any) -> tuple[Any, Any]:
    """Give the 95% bounds of shares whose logarithm has that standard error; nan at 0 and 1."""
    with np.errstate(all="ignore"):
        spread = Z * log_error / abs(np.log(value))
        spread = np.where((value > 0) & (value < 1), spread, np.nan)
        return value ** np.exp(spread), value ** np.exp(-spread)


def compounded_bounds(
    paid: Paid, segment: Segment, wanted: str, month: date
) -> dict[str, tuple[float, float]]:
    """Give the bounds of compounded logo retention and GRR: see DECISIONS, compounded rates."""
    values = compounded(paid, segment, wanted, month)
    variances = {"logo": 0.0, "grr": 0.0}
    for step in range(WINDOW if values else 0):
        end = shifted(month, -step)
        rates = monthly_rates(paid, segment, wanted, end)
        inside, _ = members(paid, segment, wanted, shifted(end, -1), 1)
        sizes = {"logo": [1.0] * len(inside), "grr": [float(s.opening) for s in inside]}
        for name, size in sizes.items():
            rate = rates[f"{name}_movement"]
            weight = sum(size) ** 2 / sum(x * x for x in size)
            variances[name] += (1 - rate) / rate / weight if rate else 0
    return {
        f"{name}_12m_compounded": loglog_bounds(
            values[f"{name}_12m_compounded"], np.sqrt(variances[name])
        )
        for name in (variances if values else ())
    }


def all_rates(paid: Paid, segment: Segment, wanted: str, month: date) -> dict[str, float]:
    """Give every definition that has a value."""
    return {
        **cohort_retention(paid, segment, wanted, month),
        **monthly_rates(paid, segment, wanted, month),
        **compounded(paid, segment, wanted, month),
    }


def cohort_chain(paid: Paid, segment: Segment, wanted: str, month: date) -> dict[str, float]:
    """Compound the monthly rates of the closed cohort alone, in its segment at the start."""
    start = shifted(month, -WINDOW)
    cohort = {
        customer: amounts
        for customer, amounts in paid.items()
        if amounts.get(start, 0) > 0 and (wanted == "all" or segment(customer, start) == wanted)
    }
    chain = {"logo": 1.0, "grr": 1.0, "nrr": 1.0}
    for step in range(WINDOW):
        rates = monthly_rates(cohort, segment, "all", shifted(start, step + 1))
        for name in chain:
            chain[name] *= rates.get(f"{name}_movement", 1.0)
    return chain
