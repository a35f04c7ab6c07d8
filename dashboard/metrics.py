"""The metrics that the pages know: their names for people, units and one-line meanings.

A metric that is not listed here is still shown, under its own name. Windows are declared by the
company, so they are read from the metric's name or definition and not written down here.
"""

import re
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Metric:
    """One metric. Units are share (0..1 or above), money, days or count."""

    label: str
    unit: str
    meaning: str
    part_unit: str = "count"  # of the numerator
    whole_unit: str = "count"  # of the denominator


METRICS: dict[str, Metric] = {
    "mrr": Metric("MRR", "money", "Monthly recurring revenue, and its movements by month."),
    "logo_retention": Metric(
        "Logo retention",
        "share",
        "Of the customers at the start of the window, the share that still pays.",
    ),
    "grr": Metric(
        "GRR",
        "share",
        "Gross revenue retention: MRR kept from the customers at the start of the window, each"
        " capped at what it paid then.",
        "money",
        "money",
    ),
    "nrr": Metric(
        "NRR",
        "share",
        "Net revenue retention: MRR now of the customers at the start of the window, expansion"
        " included.",
        "money",
        "money",
    ),
    "customer_churn": Metric(
        "Customer churn",
        "share",
        "Of the customers at the start of the month, the share that left.",
    ),
    "gross_mrr_churn": Metric(
        "Gross MRR churn",
        "share",
        "MRR lost in the month by churn and contraction, of the MRR at its start.",
        "money",
        "money",
    ),
    "net_mrr_churn": Metric(
        "Net MRR churn",
        "share",
        "MRR lost in the month less expansion and reactivation, of the MRR at its start; below 0"
        " where the base grows by itself.",
        "money",
        "money",
    ),
    "reactivation_rate": Metric(
        "Reactivation", "share", "Of the customers that had left, the share that came back."
    ),
    "early_churn": Metric(
        "Early churn", "share", "Customers that left, or fell silent, within their first days."
    ),
    "win_rate": Metric(
        "Win rate", "share", "New deals won, of all new deals closed in the window."
    ),
    "win_rate_by_value": Metric(
        "Win rate by value", "share", "Amount won, of the amount of all new deals closed.", "money"
    ),
    "win_rate_created": Metric(
        "Win rate, created", "share", "New deals won by now, of all created in the window."
    ),
    "average_deal_value": Metric("Deal value", "money", "Mean amount of a new deal won.", "money"),
    "pipeline_velocity": Metric(
        "Pipeline velocity", "money", "Won per day: deals x win rate x deal value / sales cycle."
    ),
    "ltv_sbg": Metric(
        "LTV of a new customer", "money", "Expected gross profit within the horizon, discounted."
    ),
    "sales_cycle_days": Metric(
        "Sales cycle", "days", "Median days from creation to winning, deals won in the window."
    ),
    "cac": Metric(
        "CAC", "money", "Sales and marketing spend per new customer in the window.", "money"
    ),
    "time_to_value": Metric(
        "Time to value", "share", "Customers that reached their first value event in that time."
    ),
    "time_to_value_days": Metric(
        "Time to value",
        "days",
        "Day by which half of the customers had reached their first value event.",
    ),
}

#: Of several definitions of one metric, the beginning of the one that headlines use.
HEADLINE_DEFINITION = {
    "logo_retention": "closed_cohort",
    "grr": "grr_point",
    "nrr": "nrr_cohort",
    "win_rate": "closed_trailing",
    "cac": "cac_fully_loaded",
}

#: What people call the definitions that the bridge explains, their window left out.
_DEFINITIONS = {
    "closed_cohort": "Logo retention",
    "logo_compounded": "Logo retention, months compounded",
    "grr_point": "GRR",
    "grr_running_min": "GRR, lowest so far",
    "grr_compounded": "GRR, months compounded",
    "nrr_cohort": "NRR",
    "nrr_compounded": "NRR, months compounded",
}


def name_of(definition: str) -> str:
    """Give what people call a definition, with its window; one without a name is its own."""
    window = re.search(r"_(\d+m)", definition)
    known = _DEFINITIONS.get(definition.replace(window[0], "") if window else definition)
    return f"{known} ({window[1]})" if known and window else definition


def describe(metric: str, definition: str | None = None) -> Metric:
    """Give what is known of a metric, its window in the label where the definition names one.

    An unlisted metric is a count unless its name tells more.
    """
    within = re.fullmatch(r"time_to_value_(\d+)d", metric)
    if within:
        known = METRICS["time_to_value"]
        return replace(known, label=f"Value within {within[1]} days")
    by_day = re.fullmatch(r"(win|value|churn)_probability_(\d+)d", metric)
    if by_day:
        label = f"{by_day[1].capitalize()} within {by_day[2]} days"
        return Metric(label, "share", "Of all that started, whoever is still open followed too.")
    unit = "days" if metric.endswith("_days") else "share" if metric.endswith("_rate") else "count"
    known = METRICS.get(metric) or Metric(metric.replace("_", " "), unit, "")
    months = re.search(r"_(\d+m)$", definition or "")
    if months and metric in ("logo_retention", "grr", "nrr"):
        return replace(known, label=f"{known.label} {months[1]}")
    return known
