"""Rows of the marts on trust, curves and cost for the invented company of `published_world.py`."""

import datetime as dt

_MAY, _JUNE = dt.date(2026, 5, 1), dt.date(2026, 6, 1)
_EVERYBODY = {"scope": "portfolio", "segment_scheme": "all", "segment": "all"}


def _cells(schemes: dict[str, list[str]], products: list[str]) -> list[dict]:
    segments = [("all", "all")]
    segments += [(scheme, name) for scheme, names in schemes.items() for name in names]
    keys = [{"segment_scheme": scheme, "segment": segment} for scheme, segment in segments]
    scopes: list[dict] = [{"scope": "portfolio", "product_id": None}]
    scopes += [{"scope": "product", "product_id": product} for product in products[:1]]
    return [scope | key for scope in scopes for key in keys]


def restatement_rows(frozen: dt.datetime) -> list[dict]:
    """Give a change of everybody's retention in May by each cause but one, and of one segment."""
    row = {"version": "20260603T053000-1a2b", "first_frozen_at": frozen, "period_month": _MAY}
    row |= {"last_frozen_at": frozen, "restated_at": frozen + dt.timedelta(days=1)}
    late = "212 rows landed since 2026-06-02 05:10 UTC"
    changes = [
        ("logo_retention", "closed_cohort_12m", 0.9, 0.8667, "late_data", late),
        ("nrr", "nrr_cohort_12m", 0.91, 0.8993, "fx_rate_changed", f"GBP 1.1 → 1.2; {late}"),
        ("mrr", "closing_mrr_total", 69_000.0, 68_900.0, "accounts_merged", late),
    ]
    rows = [
        row | _EVERYBODY | {"metric": metric, "metric_definition": name, "old_value": old}
        | {"new_value": new, "change": new - old, "cause": cause, "evidence": evidence}
        for metric, name, old, new, cause, evidence in changes
    ]  # fmt: skip
    return [*rows, rows[0] | {"segment_scheme": "industry", "segment": "retail"}]


def bridge_rows(schemes: dict[str, list[str]], products: list[str]) -> list[dict]:
    """Give the way from GRR to NRR in every cell: 82% + 9% - 1% = 90%."""
    pair = {"metric": "nrr", "from_definition": "grr_point_12m", "period_month": _MAY}
    pair |= {"to_definition": "nrr_cohort_12m", "from_value": 0.82, "to_value": 0.9}
    items = (("growth_of_stayers", 0.09), ("growth_of_returned", -0.01))
    return [
        cell | pair | {"item": item, "sort_order": place, "amount": amount}
        for cell in _cells(schemes, products)
        for place, (item, amount) in enumerate(items, start=1)
    ]


def curve_rows(schemes: dict[str, list[str]], products: list[str]) -> list[dict]:
    """Give a curve of five steps for wins and churn, and a reason for first value."""
    rows = []
    for position, cell in enumerate(_cells(schemes, products)):
        for event, pace in (("win", 0.06), ("churn", 0.02)):
            for step in range(1, 6):
                share = pace * step * (1 + position / 20)
                rows.append(
                    cell
                    | {"event": event, "day_number": 20 * step, "at_risk": 60 - 10 * step}
                    | {"events": 2, "competing": 1, "censored": 7, "survival": 1 - share}
                    | {"cumulative_incidence": share, "competing_incidence": 0.0, "n": 60}
                    | {"ci_low": share * 0.6, "ci_high": share * 1.5, "is_reliable": step < 4}
                )
        empty = {"event": "time_to_value", "day_number": 365, "at_risk": 0, "events": 0, "n": 0}
        rows.append(cell | empty | {"is_reliable": False, "reason": "no usage loaded"})
    return rows


def cost_rows(schemes: dict[str, list[str]], products: list[str], currency: str) -> list[dict]:
    """Give cost and payback of May and June; the last segment has spend and no new customer."""
    rows = []
    cells = _cells(schemes, products)
    for position, cell in enumerate(cells):
        logos = 0 if position == len(cells) - 1 else 8 + position
        spend = 52_000.0 + 1_000 * position
        row = cell | {"spend": spend, "new_logos": logos, "n": logos, "window_months": 12}
        row |= {"reporting_currency": currency, "is_reliable": logos >= 10, "lag_basis": "zero"}
        row |= _earned(spend / logos) if logos else _nothing()
        for month in (_MAY, _JUNE):
            for definition in ("cac_fully_loaded", "cac_paid"):
                for lag, months in (("cac_lag0", 0), ("cac_cycle_lag", 2)):
                    named = {"metric_definition": definition, "lag_definition": lag}
                    named |= {"lag_months": months, "period_month": month}
                    rows.append(row | named | {"is_complete": month == _MAY})
    return rows


def _earned(cac: float) -> dict:
    return {
        "cac": cac, "ci_low": cac * 0.6, "ci_high": cac * 1.8, "gross_margin": 0.8,
        "new_mrr_per_customer": 500.0, "payback_months": cac / 400,
        "payback_empirical": 14.0, "payback_empirical_ci_low": 11.0, "followed_customers": 9,
        "ltv_cac": 3.2, "ltv_cac_ci_low": 1.1, "ltv_cac_ci_high": 9.0,
    }  # fmt: skip


def _nothing() -> dict:
    reason = "spend, and no new logo in the window"
    names = ("reason", "payback_reason", "payback_empirical_reason", "ltv_cac_reason")
    return dict.fromkeys(names, reason)
