"""Retention of cohorts by age: one scope, scheme, segment and measure at a time."""

import math
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dagster_project.formats import full, money, plain
from dashboard import charts
from dashboard.filters import (
    PORTFOLIO,
    choose_scheme,
    choose_scope,
    label_segments,
    product_names,
    scope_names,
    segment_names,
)
from dashboard.reader import Published


@dataclass(frozen=True)
class Measure:
    """A ratio of two summable columns of cohort_retention."""

    numerator: str
    denominator: str
    is_money: bool
    meaning: str


MEASURES = {
    "Logo": Measure(
        "active_count", "customer_count", False, "customers that still pay, of those that started"
    ),
    "NRR": Measure(
        "retained_mrr", "opening_mrr", True, "MRR of these customers now, of their first MRR"
    ),
    "GRR": Measure(
        "capped_mrr", "opening_mrr", True, "the same, each customer capped at its first MRR"
    ),
    "GRR, lowest so far": Measure(
        "running_min_mrr", "opening_mrr", True, "each customer's lowest MRR so far: never rises"
    ),
}

_CHOICES = """
    select distinct scope, product_id, segment_scheme, segment
    from cohort_retention
    order by all
"""

_CELLS = """
    select cohort_month, age_months, customer_count, active_count, opening_mrr, retained_mrr,
        capped_mrr, running_min_mrr
    from cohort_retention
    where scope = ? and product_id is not distinct from ? and segment_scheme = ? and segment = ?
        and is_complete
"""

_CURRENCY = "select any_value(reporting_currency) as currency from fct_mrr_movements"


def render(published: Published) -> None:
    """Draw the page."""
    st.title("Retention by cohort", anchor=False)
    choices = published.frame(_CHOICES)
    if choices.empty:
        st.info(
            "There is no cohort yet: retention needs subscriptions or invoices with at least one"
            " paid month."
        )
        return
    chosen, measure_name, grain = _choose(published, choices)
    cells = published.frame(_CELLS, chosen)
    if cells.empty:
        st.info("No month of these cohorts is over yet.")
        return
    currency = published.frame(_CURRENCY)["currency"].iloc[0]
    measure = MEASURES[measure_name]
    table = _cells(cells, measure, grain, currency)
    low, high = _domain(table)
    st.caption(
        f"{plain(measure_name)}, in percent: {plain(measure.meaning)}. A customer stays in the"
        " segment it had when its cohort began. Months that are not over are left out."
    )
    st.altair_chart(
        charts.heatmap(table, low, high, measure_name),
        width="content" if charts.is_narrow(table) else "stretch",
        alt="Retention by cohort and age",
    )
    with st.expander("The numbers behind it"):
        columns = {
            "cohort": "Cohort (customers)",
            "age": "Age, months",
            "share": measure_name,
            "part": "Numerator",
            "whole": "Denominator",
        }
        shown = table[list(columns)].rename(columns=columns)
        st.dataframe(shown.style.format({measure_name: "{:.1%}"}), hide_index=True)


def _choose(published: Published, choices: pd.DataFrame) -> tuple[list, str, str]:
    """Offer the filters; give the parameters of the query, the measure and the grain."""
    names = scope_names(choices, product_names(published))
    with st.container(horizontal=True):
        scope = choose_scope(names, "retention_scope")
        in_scope = choices[names == scope]
        scheme = choose_scheme(in_scope, "retention_scheme", with_all=True)
        in_scheme = in_scope[in_scope["segment_scheme"] == scheme]
        labelled = label_segments(in_scheme, segment_names(published, scheme))
        labels = dict(zip(labelled["segment"], labelled["label"], strict=True))
        segment = st.selectbox(
            "Segment", list(labels), format_func=labels.get, key="retention_segment", width=220
        )
        measure = st.segmented_control(
            "Measure", list(MEASURES), default="Logo", required=True, key="retention_measure"
        )
        grain = st.segmented_control(
            "Cohorts by",
            ["Month", "Quarter"],
            default="Month",
            required=True,
            key="retention_grain",
        )
    product = in_scope["product_id"].iloc[0] if scope != PORTFOLIO else None
    kind = "portfolio" if scope == PORTFOLIO else "product"
    return [kind, product, scheme, segment], measure, grain


def _cells(cells: pd.DataFrame, measure: Measure, grain: str, currency: str | None) -> pd.DataFrame:
    """Sum cells to the grain, then divide: ratios are never averaged."""
    if grain == "Quarter":
        cells = _quarters(cells)
        named = cells["cohort_month"].dt.to_period("Q").astype(str).str.replace("Q", " Q")
    else:
        named = cells["cohort_month"].dt.strftime("%Y-%m")
    summed = (
        cells.assign(cohort=named)
        .groupby(["cohort", "age_months"], as_index=False)
        .sum(numeric_only=True)
    )
    summed = summed[summed[measure.denominator] > 0]
    sizes = summed.groupby("cohort")["customer_count"].max()
    write = (lambda value: money(value, currency)) if measure.is_money else full
    return pd.DataFrame(
        {
            "cohort": [f"{name} ({full(sizes[name])})" for name in summed["cohort"]],
            "age": summed["age_months"],
            "share": (summed[measure.numerator] / summed[measure.denominator]).astype(float),
            "size": summed["customer_count"],
            "part": [write(value) for value in summed[measure.numerator]],
            "whole": [write(value) for value in summed[measure.denominator]],
        }
    ).reset_index(drop=True)


def _quarters(cells: pd.DataFrame) -> pd.DataFrame:
    """Keep ages 0, 3, 6... that every cohort of the quarter has reached."""
    cells = cells[cells["age_months"] % 3 == 0]
    quarter = cells["cohort_month"].dt.to_period("Q")
    cohorts = quarter.map(cells.groupby(quarter)["cohort_month"].nunique())
    reached = cells.groupby([quarter, cells["age_months"]])["cohort_month"].transform("nunique")
    return cells[reached == cohorts]


def _domain(table: pd.DataFrame) -> tuple[float, float]:
    """Give the ends of the colours: the palest may rise above zero, full colour is 100% or more."""
    low = float(table["share"].quantile(0.05))
    high = float(table["share"].quantile(0.95))
    return min(max(int(low * 10) / 10 - 0.1, 0.0), 0.8), max(1.0, math.ceil(high * 10) / 10)
