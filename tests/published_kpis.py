"""Cohort and KPI rows for the invented company of `published_world.py`.

Plain sums, so that a headline number shown by the dashboard can be checked by hand.
"""

import datetime as dt
from collections import defaultdict
from math import sqrt

_DEFINITIONS = {
    "logo_retention": "closed_cohort_12m",
    "grr": "grr_point_12m",
    "nrr": "nrr_cohort_12m",
    "win_rate": "closed_trailing_12m",
    "sales_cycle_days": "median_won_trailing_12m",
    "cac": "cac_fully_loaded_trailing_12m",
    "time_to_value_90d": "share_by_day_90_mature_cohort",
    "time_to_value_days": "time_to_value_aalen_johansen_24m_median",
}


def _months_between(first: dt.date, second: dt.date) -> int:
    return (second.year - first.year) * 12 + second.month - first.month


def cohort_rows(
    movements: list[dict], schemes: dict[str, dict[str, str]], months: list[dt.date]
) -> list[dict]:
    """Sum customers by cohort, age and segment: portfolio, and product `planner` likewise."""
    paid: dict[str, dict[dt.date, float]] = defaultdict(dict)
    for row in movements:
        paid[row["customer_id"]][row["period_month"]] = row["closing_mrr"]
    rows = []
    for scheme, members in {"all": dict.fromkeys(paid, "all"), **schemes}.items():
        groups: dict[tuple[dt.date, str], list[str]] = defaultdict(list)
        for customer, by_month in paid.items():
            groups[min(by_month), members[customer]].append(customer)
        for (cohort, segment), customers in sorted(groups.items()):
            for month in (month for month in months if month >= cohort):
                row = _cohort_row(cohort, month, [paid[customer] for customer in customers])
                row |= {"segment_scheme": scheme, "segment": segment}
                row |= {"is_complete": month < months[-1]}
                rows += [row | {"scope": "portfolio"}]
                rows += [row | {"scope": "product", "product_id": "planner"}]
    return rows


def _cohort_row(cohort: dt.date, month: dt.date, customers: list[dict[dt.date, float]]) -> dict:
    opening = sum(by_month[cohort] for by_month in customers)
    now = [by_month.get(month, 0.0) for by_month in customers]
    capped = sum(
        min(value, by_month[cohort]) for value, by_month in zip(now, customers, strict=True)
    )
    active = sum(value > 0 for value in now)
    return {
        "cohort_month": cohort,
        "age_months": _months_between(cohort, month),
        "customer_count": len(customers),
        "active_count": active,
        "opening_mrr": opening,
        "retained_mrr": sum(now),
        "capped_mrr": capped,
        "running_min_mrr": capped,
        "logo_retention": active / len(customers),
        "nrr": sum(now) / opening,
        "grr_point": capped / opening,
        "grr_running_min": capped / opening,
    }


def _interval(share: float, n: float) -> tuple[float, float]:
    half = 1.96 * sqrt(max(share * (1 - share), 0.01) / n)
    return max(share - half, 0.0), min(share + half, max(share, 1.0))


def _ratios(row: dict) -> dict[str, tuple[float, float]]:
    return {
        "logo_retention": (row["active_count"], row["customer_count"]),
        "grr": (row["capped_mrr"], row["opening_mrr"]),
        "nrr": (row["retained_mrr"], row["opening_mrr"]),
    }


def kpi_rows(cohorts: list[dict], products: list[str], currency: str) -> list[dict]:
    """Give KPI rows for the last two months: the retention ones sum cohorts of age 12."""
    sums: dict[tuple, list[float]] = defaultdict(lambda: [0.0, 0.0, 0])
    for row in (row for row in cohorts if row["age_months"] == 12 and row["scope"] == "portfolio"):
        for metric, (numerator, denominator) in _ratios(row).items():
            total = sums[row["segment_scheme"], row["segment"], metric]
            total[0] += numerator
            total[1] += denominator
            total[2] += row["customer_count"]
    segments = sorted({(row["segment_scheme"], row["segment"]) for row in cohorts})
    rows = []
    for position, (scheme, segment) in enumerate(segments):
        key = {"segment_scheme": scheme, "segment": segment, "reporting_currency": currency}
        rows += [
            key | _ratio_kpi(metric, sums.get((scheme, segment, metric)))
            for metric in ("logo_retention", "grr", "nrr")
        ]
        rows += [key | row for row in _other_kpis(position, segment)]
    scoped = [row | {"scope": "portfolio"} for row in rows]
    for product in products[:2]:
        scoped += [row | {"scope": "product", "product_id": product} for row in rows]
    complete = [
        row | {"period_month": dt.date(2026, 5, 1), "is_complete": True, "metric_definition": name}
        for row in scoped
        for name in (_DEFINITIONS[row["metric"]],)
    ]
    # the running month exists but is not over: pages must not take it for the latest figure
    running = [
        row | {"period_month": dt.date(2026, 6, 1), "is_complete": False, "value": 0.01}
        for row in complete
    ]
    return complete + running


def _ratio_kpi(metric: str, total: list[float] | None) -> dict:
    if total is None:
        reason = "no cohort is 12 months old"
        return {"metric": metric, "n": 0, "is_reliable": False, "reason": reason}
    numerator, denominator, n = total
    low, high = _interval(numerator / denominator, n)
    return {
        "metric": metric,
        "value": numerator / denominator,
        "numerator": numerator,
        "denominator": denominator,
        "n": int(n),
        "ci_low": low,
        "ci_high": high,
        "shrunk_value": (numerator + denominator) / (2 * denominator),
        "is_reliable": n >= 5,
    }


def _other_kpis(position: int, segment: str) -> list[dict]:
    n = 40 + 10 * position if segment != "unknown" else 3
    won = n // 4 or 1
    low, high = _interval(won / n, n)
    days, share = 48.0 + position, 0.6
    cac: dict = {"metric": "cac", "n": won, "is_reliable": n >= 20}
    if segment == "unknown":
        cac |= {"reason": "no new logos in the window", "numerator": 52_000.0, "denominator": 0.0}
    else:
        cac |= {"value": 12_345.67 + position, "numerator": (12_345.67 + position) * won}
        cac |= {"denominator": float(won)}
    shared = {"n": n, "is_reliable": n >= 20}
    return [
        shared
        | {"metric": "win_rate", "value": won / n, "numerator": float(won), "ci_low": low}
        | {"denominator": float(n), "ci_high": high, "shrunk_value": (won + 8) / (n + 40)},
        shared
        | {"metric": "sales_cycle_days", "value": days, "ci_low": days - 9, "ci_high": days + 12},
        cac,
        shared
        | {"metric": "time_to_value_90d", "value": share, "ci_low": 0.45, "ci_high": 0.73}
        | {"numerator": share * n, "denominator": float(n)},
        shared | {"metric": "time_to_value_days", "reason": "it levels off below one half"},
    ]
