"""What must hold of each published mart beyond its dbt tests: keys, ranges, categories, inputs.

Adding a mart means adding a `MartRules` here; the suites read this table only.
"""

from dataclasses import dataclass, field

Range = tuple[float | None, float | None]

_SHARE: Range = (0, 1)
_NOT_NEGATIVE: Range = (0, None)
_MOVEMENTS = ("new", "reactivation", "expansion", "contraction", "churn", "none")
_TIERS = ("A", "B", "C", "D", "X", "U")


@dataclass(frozen=True)
class MartRules:
    """The rules of one mart.

    `keys` hold no null. `ranges` bound number columns, `categories` list the values of a column
    (null is none of them, and allowed). `inputs` are the raw entities that its rows come from: it
    must have rows where `input_rows` (a query giving one number) finds some, and may lose no more
    of them than they may. Without `inputs` a change of its row count is a warning at most.
    """

    keys: tuple[str, ...]
    ranges: dict[str, Range] = field(default_factory=dict)
    categories: dict[str, tuple[str, ...]] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    input_rows: str | None = None
    layer: str = "marts"
    incremental_by: str | None = None  # only the rewritten range of this date column is profiled


def _current(entity: str, condition: str = "") -> str:
    extra = f" and {condition}" if condition else ""
    return f"select count(*) from raw_{entity} where _superseded_at is null{extra}"


_PAID_ITEMS = _current("billing.subscription_items", "unit_amount > 0")
_BILLING = ("billing.subscriptions", "billing.subscription_items")
_EVENTS = "select count(*) from landing.event_files where superseded_at is null and event_rows > 0"
_CURRENT_ICPS = "select count(*) from icp_registry.icp_versions where is_current"
_WITH_ICPS = f"select case when ({_CURRENT_ICPS}) > 0 then ({_current('crm.accounts')}) else 0 end"
_PRODUCT_ICPS = f"{_CURRENT_ICPS} and icp_status <> 'retired' and scope = 'product'"
_WITH_PRODUCT_ICPS = (
    f"select case when ({_PRODUCT_ICPS}) > 0 then ({_current('crm.accounts')}) else 0 end"
)
_MEASURED = (
    "select (select count(*) from icp_registry.segment_schemes)"
    f" + ({_current('crm.opportunities')}) + ({_current('billing.subscriptions')})"
)
_AMOUNTS: dict[str, Range] = {"opening_mrr": _NOT_NEGATIVE, "closing_mrr": _NOT_NEGATIVE}

MARTS: dict[str, MartRules] = {
    "dim_accounts": MartRules(
        keys=("account_id", "customer_id", "as_of_date"),
        ranges={
            "match_confidence": _SHARE,
            "attribute_completeness": _SHARE,
            "current_mrr": _NOT_NEGATIVE,
            "employees": _NOT_NEGATIVE,
        },
        inputs=("crm.accounts",),
        input_rows=_current("crm.accounts"),
    ),
    "dim_accounts_history": MartRules(keys=("account_id", "valid_from"), inputs=("crm.accounts",)),
    "dim_dates": MartRules(
        keys=("calendar_date", "period_month", "fiscal_year", "fiscal_quarter"),
        ranges={"fiscal_quarter": (1, 4)},
    ),
    "dim_products": MartRules(
        keys=("product_id",),
        ranges={"gross_margin": _SHARE},
        input_rows="select count(*) from icp_registry.products",
    ),
    "dim_segments": MartRules(
        keys=("segment_scheme", "segment"),
        input_rows="select count(*) from icp_registry.segment_schemes",
    ),
    "bridge_account_segments": MartRules(
        keys=("account_id", "segment_scheme", "segment", "valid_from"),
        input_rows="select count(*) from icp_registry.segment_schemes",
    ),
    "fct_opportunities": MartRules(
        keys=("opportunity_id", "state"),
        ranges={"amount": _NOT_NEGATIVE, "cycle_days": _NOT_NEGATIVE},
        categories={
            "state": ("open", "won", "lost", "closed_unknown"),
            "opportunity_type": ("new", "expansion", "renewal", "unknown"),
        },
        inputs=("crm.opportunities",),
        input_rows=_current("crm.opportunities"),
    ),
    "fct_mrr_movements": MartRules(
        keys=("customer_id", "period_month"),
        ranges=_AMOUNTS,
        categories={"movement": _MOVEMENTS},
        inputs=_BILLING,
        input_rows=_PAID_ITEMS,
    ),
    "fct_mrr_product_movements": MartRules(
        keys=("customer_id", "product_id", "period_month"),
        ranges=_AMOUNTS,
        categories={"movement": (*_MOVEMENTS, "cross_sell")},
        inputs=_BILLING,
        input_rows=_PAID_ITEMS,
    ),
    "fct_usage_days": MartRules(
        keys=("usage_date",),
        ranges={
            name: _NOT_NEGATIVE
            for name in ("active_user_count", "event_count", "feature_count", "value_event_count")
        },
        inputs=("product.events",),
        input_rows=_EVENTS,
        incremental_by="usage_date",
    ),
    "fct_tickets": MartRules(
        keys=("ticket_id", "created_at"),
        ranges={
            name: _NOT_NEGATIVE
            for name in ("first_reply_minutes", "first_reply_open_minutes", "resolution_minutes")
        },
        inputs=("support.tickets",),
        input_rows=_current("support.tickets"),
    ),
    "fct_spend_months": MartRules(
        keys=("period_month", "channel", "category"),
        categories={
            "category": ("media", "programmes", "tools", "people", "commission", "overhead")
        },
        inputs=("marketing.spend",),
        input_rows=_current("marketing.spend"),
    ),
    "cohort_retention": MartRules(
        keys=("cohort_month", "age_months", "scope", "segment_scheme", "segment"),
        ranges={
            "logo_retention": _SHARE,
            "grr_point": _SHARE,
            "grr_running_min": _SHARE,
            "nrr": _NOT_NEGATIVE,
            "age_months": _NOT_NEGATIVE,
        },
        categories={"scope": ("portfolio", "product")},
        input_rows="select count(*) from marts.fct_mrr_movements",
    ),
    "segment_kpis": MartRules(
        keys=("scope", "segment_scheme", "segment", "period_month", "metric", "metric_definition"),
        ranges={"n": _NOT_NEGATIVE, "denominator": _NOT_NEGATIVE},
        categories={"scope": ("portfolio", "product")},
        input_rows=_MEASURED,
    ),
    "segment_cac": MartRules(
        keys=(
            "scope",
            "segment_scheme",
            "segment",
            "period_month",
            "metric_definition",
            "lag_definition",
            "spend",
        ),
        ranges={
            "spend": _NOT_NEGATIVE,
            "cac": _NOT_NEGATIVE,
            "payback_months": _NOT_NEGATIVE,
            "ltv": _NOT_NEGATIVE,
            "gross_margin": (0, 1.000000001),
        },
        categories={
            "scope": ("portfolio", "product"),
            "lag_definition": ("cac_lag0", "cac_cycle_lag"),
        },
        input_rows=_MEASURED,
    ),
    "metric_bridge": MartRules(
        keys=(
            "scope",
            "segment_scheme",
            "segment",
            "period_month",
            "metric",
            "from_definition",
            "to_definition",
            "item",
            "amount",
            "from_value",
            "to_value",
        ),
        categories={"metric": ("logo_retention", "grr", "nrr")},
        # a cohort needs a whole window before anything can be explained
        input_rows="select count(*) from intermediate.int_bridge_chains",
    ),
    "time_to_event_curves": MartRules(
        keys=("scope", "segment_scheme", "segment", "event", "day_number"),
        ranges={
            "survival": _SHARE,
            "at_risk": _NOT_NEGATIVE,
            "events": _NOT_NEGATIVE,
            "competing": _NOT_NEGATIVE,
            "censored": _NOT_NEGATIVE,
            "n": _NOT_NEGATIVE,
            "day_number": _NOT_NEGATIVE,
        },
        categories={
            "scope": ("portfolio", "product"),
            "event": ("win", "time_to_value", "churn"),
        },
        input_rows=_MEASURED,
    ),
    "account_value": MartRules(
        keys=("customer_id", "as_of_date", "segment_scheme", "segment", "revenue_to_date"),
        ranges={
            "current_mrr": _NOT_NEGATIVE,
            "ltv_observed": _NOT_NEGATIVE,
            "ltv_simple": _NOT_NEGATIVE,
            "ltv_sbg": _NOT_NEGATIVE,
            "cost_to_serve": _NOT_NEGATIVE,
            "gm_to_serve": (None, 1),
        },
        inputs=_BILLING,
        input_rows="select count(*) from marts.fct_mrr_movements",
    ),
    "feature_adoption": MartRules(
        keys=("product_id", "feature", "segment_scheme", "segment", "measured_on"),
        ranges={"value": _SHARE, "n": _NOT_NEGATIVE, "unknown_plan_count": _NOT_NEGATIVE},
    ),
    "funnel_conversion": MartRules(
        keys=("segment_scheme", "segment", "cohort_month", "entry", "stage"),
        ranges={"rate": _SHARE, "entered": _NOT_NEGATIVE, "converted": _NOT_NEGATIVE},
        categories={
            "entry": ("lead", "opportunity"),
            "stage": ("lead", "mql", "sql", "opportunity", "won"),
        },
    ),
    "fct_stage_transitions": MartRules(
        keys=("opportunity_id", "stage", "entered_at"),
        ranges={"days_in_stage": _NOT_NEGATIVE, "visit_count": (1, None)},
        inputs=("crm.opportunity_stage_history",),
    ),
    "icp_matches": MartRules(
        keys=("account_id", "icp_id", "icp_version", "criterion_id"), input_rows=_WITH_ICPS
    ),
    "icp_scores": MartRules(
        keys=("account_id", "icp_id", "icp_version", "scored_at", "max_points", "tier"),
        ranges={"fit": (0, 100), "p_win": _SHARE, "completeness": _SHARE},
        categories={"tier": _TIERS, "raw_tier": _TIERS, "scope": ("portfolio", "product")},
        input_rows=_WITH_ICPS,
    ),
    "product_icp_scores": MartRules(
        keys=("account_id", "product_id", "icp_id", "tier"),
        ranges={"fit": (0, 100)},
        categories={"tier": _TIERS, "raw_tier": _TIERS},
        input_rows=_WITH_PRODUCT_ICPS,
    ),
    "rejected_rows": MartRules(
        keys=("entity", "rule", "stage", "disposition", "row_count"),
        ranges={"row_count": _NOT_NEGATIVE},
        categories={"disposition": ("rejected", "field_cleared", "merged", "deleted")},
    ),
    "sync_crm__accounts": MartRules(
        keys=("crm_record_id", "source_system"),
        ranges={"icp_score": (0, 100)},
        categories={"icp_tier": _TIERS},
        layer="activation",
        input_rows=_WITH_ICPS,
    ),
}
