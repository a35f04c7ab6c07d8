"""Rows of the invented company that `published_world.py` publishes.

Made by arithmetic, not chance, so that tests can state the answers.
"""

import datetime as dt

AS_OF = dt.date(2026, 6, 17)
PUBLISHED_AT = dt.datetime.fromisoformat("2026-06-17T05:30:00")
CURRENCY = "USD"
PRODUCTS = {"planner": "Quillon Planner", "ledger": "Quillon Ledger", "relay": "Quillon Relay"}
INDUSTRIES = ("logistics", "retail", "software", None)
SIZES = (("small", 40), ("mid", 400), ("large", 4000))
MONTHS = [dt.date(2025 + index // 12, index % 12 + 1, 1) for index in range(18)]
TIERS = ("A", "B", "C", "D", "X", "U")
ACCOUNTS = 36


def account_row(index: int) -> dict:
    size, employees = SIZES[index % 3]
    customer = index % 4 != 3
    return {
        "account_id": f"ac-{index:03d}",
        "crm_record_id": f"ac-{index:03d}",
        "source_system": "harbor_crm",
        "account_name": f"Invented {('Freight', 'Stores', 'Systems')[index % 3]} {index:02d}",
        "domain": f"invented-{index:02d}.example",
        "industry": INDUSTRIES[index % 4],
        "employees": employees + index,
        "annual_revenue": employees * 150_000.0,
        "country": ("DE", "US", "JP")[index % 3],
        "region": ("emea", "amer", "apac")[index % 3],
        "founded_year": 1980 + index,
        "account_type": "customer" if customer else "prospect",
        "owner_id": f"rep-{index % 5}",
        "customer_id": f"ac-{index:03d}",
        "created_at": PUBLISHED_AT - dt.timedelta(days=560 - index),
        "created_on": (PUBLISHED_AT - dt.timedelta(days=560 - index)).date(),
        "is_customer": customer,
        "first_paid_month": MONTHS[index % 12] if customer else None,
        "current_mrr": closing_mrr(index, 17) if customer else 0.0,
        "attribute_completeness": 0.9 if INDUSTRIES[index % 4] else 0.6,
        "match_method": "same_record",
        "match_confidence": 1.0,
        "reporting_currency": CURRENCY,
        "as_of_date": AS_OF,
        "_size": size,
    }


def closing_mrr(index: int, month: int) -> float:
    """Give the MRR of customer `index` at the end of month 0..17; every ninth one leaves."""
    start = index % 12
    if index % 4 == 3 or month < start or (index % 9 == 8 and month >= start + 4):
        return 0.0
    return 1000.0 + 100 * index + 50.0 * ((month - start) // 3)


def _movement(opening: float, closing: float) -> str:
    if opening == closing:
        return "none"
    if opening == 0:
        return "new"
    if closing == 0:
        return "churn"
    return "expansion" if closing > opening else "contraction"


def movements_rows() -> list[dict]:
    rows = []
    for index in range(ACCOUNTS):
        if index % 4 == 3:
            continue
        for month in range(index % 12, 18):
            opening = closing_mrr(index, month - 1) if month else 0.0
            closing = closing_mrr(index, month)
            row = {
                "customer_id": f"ac-{index:03d}",
                "period_month": MONTHS[month],
                "opening_mrr": opening,
                "movement": _movement(opening, closing),
                "movement_amount": closing - opening,
                "fx_amount": 0.0,
                "closing_mrr": closing,
                "reporting_currency": CURRENCY,
                "is_complete": month < 17,
            }
            rows.append(row)
    return rows


def _score(index: int, product: str) -> dict:
    tier = TIERS[(index + len(product)) % 6]
    points = {"A": 90, "B": 70, "C": 50, "D": 20, "X": 60, "U": 30}[tier]
    return {
        "account_id": f"ac-{index:03d}",
        "icp_id": f"{product}-core",
        "icp_version": "3f9a1c77",
        "scope": "product",
        "product_id": product,
        "scored_at": PUBLISHED_AT - dt.timedelta(minutes=30),
        "points": float(points),
        "max_points": 100.0,
        "fit": float(points),
        "raw_tier": tier,
        "tier": tier,
        "is_icp": None if tier == "U" else tier in "AB",
        "is_disqualified": tier == "X",
        "disqualifier_codes": "sanctioned_country" if tier == "X" else None,
        "completeness": 0.4 if tier == "U" else 0.9,
        "reasons": f"+{points} size_band; 0 industry",
        "reason_missing": "completeness is below 0.5" if tier == "U" else None,
        "data_as_of": AS_OF,
    }


def scores_rows() -> tuple[list[dict], list[dict], list[dict]]:
    scores, best, matches = [], [], []
    for index in range(ACCOUNTS):
        for product in ("planner", "ledger"):
            score = _score(index, product)
            scores.append(score)
            best.append({key: score[key] for key in score if key in _BEST_COLUMNS})
            matches += _matches(index, score)
        portfolio = _score(index, "planner") | {"icp_id": "portfolio", "scope": "portfolio"}
        scores.append(portfolio | {"product_id": None})
    return scores, best, matches


_BEST_COLUMNS = {"account_id", "product_id", "icp_id", "icp_version", "points", "fit"}
_BEST_COLUMNS |= {"raw_tier", "tier", "is_icp", "is_disqualified", "reasons", "scored_at"}


def _matches(index: int, score: dict) -> list[dict]:
    size, industry = SIZES[index % 3][0], INDUSTRIES[index % 4]
    met = size != "small"
    shared = {key: score[key] for key in ("account_id", "icp_id", "icp_version")}
    return [
        shared
        | {"criterion_id": "size_band", "is_met": met, "value": size, "points_possible": 60.0}
        | {"points_awarded": 60.0 if met else 0.0, "reason": f"size_band is {size}"},
        shared
        | {"criterion_id": "industry", "value": industry, "points_possible": 40.0}
        | {
            "is_met": None if industry is None else industry == "logistics",
            "points_awarded": 40.0 if industry == "logistics" else 0.0,
            "reason": f"industry is {industry}" if industry else "industry is not known",
        },
    ]


def usage_and_tickets_rows() -> tuple[list[dict], list[dict]]:
    usage, tickets = [], []
    for index in range(0, ACCOUNTS, 2):
        keys = {"account_id": f"ac-{index:03d}", "customer_id": f"ac-{index:03d}"}
        for day in range(60):
            usage.append(
                keys
                | {
                    "product_id": "planner",
                    "usage_date": AS_OF - dt.timedelta(days=day),
                    "active_user_count": 1 + index % 5,
                    "event_count": 10 + day % 7,
                    "feature_count": 3,
                    "value_event_count": 1,
                    "active_event_count": 2,
                }
            )
        for number in range(index % 4):
            opened = PUBLISHED_AT - dt.timedelta(days=16 - number)
            tickets.append(
                keys
                | {"ticket_id": f"t-{index}-{number}", "created_at": opened, "priority": "normal"}
                | {"created_on": opened.date()}
                | {"first_reply_minutes": 30.0 * (number + 1), "channel": "email"}
                | {"first_reply_open_minutes": 20.0 * (number + 1)}
                | {"status": "solved" if number else "open", "product_id": "planner"}
                | {"csat_score": None, "source_system": "harbor_support"}
                | {"is_agent_opened": False}
            )
    return usage, tickets


def quality_rows() -> tuple[list[dict], list[dict]]:
    shared = {"run_id": "run-7", "checked_at": PUBLISHED_AT, "is_blocking": True}
    checks = [
        shared
        | {"check_name": f"unique_grain_{name}", "layer": "marts", "relation": name}
        | {"status": "passed", "severity": "error", "failed_rows": 0}
        for name in ("dim_accounts", "icp_scores", "segment_kpis")
    ]
    checks.append(
        shared
        | {"check_name": "late_events", "layer": "raw", "relation": "raw_product.events"}
        | {"status": "failed", "severity": "warn", "failed_rows": 12, "is_blocking": False}
        | {"message": "12 events came more than 3 days late", "observed": "12", "threshold": "10"}
    )
    rejected = [
        {"source_system": "harbor_crm", "entity": "crm.accounts", "source_file": "crm/a.csv"}
        | {"source_row": row, "row_key": f"ac-9{row}", "rule": rule, "stage": "staging"}
        | {"disposition": "rejected", "row_count": 1, "loaded_at": PUBLISHED_AT}
        for row, rule in enumerate(("duplicate key", "duplicate key", "created in the future"))
    ]
    return checks, rejected


def dimensions_rows() -> tuple[list[dict], list[dict]]:
    products = [
        {"product_id": key, "product_name": name, "gross_margin": 0.8, "icp_count": 1}
        for key, name in PRODUCTS.items()
    ]
    values = {
        "size_band": ["small", "mid", "large"],
        "industry": ["logistics", "retail", "software", "unknown"],
    }
    segments = [
        {"segment_scheme": scheme, "segment": segment, "segment_label": segment.capitalize()}
        | {"scheme_kind": "firmographic", "definition": f"{scheme} is {segment}"}
        | {"sort_order": position}
        for scheme, names in values.items()
        for position, segment in enumerate(names)
    ]
    return products, segments
