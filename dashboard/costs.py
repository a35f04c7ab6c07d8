"""What a new customer costs and when it is earned back, by segment."""

import pandas as pd
import streamlit as st

from dagster_project.formats import NONE, by_unit, interval, plain
from dashboard import charts
from dashboard.filters import (
    choose_month,
    choose_segment_cell,
    label_segments,
    say_missing,
    segment_names,
)
from dashboard.reader import Published

DEFINITIONS = {
    "cac_fully_loaded": "Fully loaded",
    "cac_marketing": "Marketing",
    "cac_paid": "Paid media",
}
LAGS = {"cac_lag0": "of the same months", "cac_cycle_lag": "a sales cycle earlier"}
#: Measure: (value, lower, upper, reason, what n counts, unit, meaning).
MEASURES = {
    "CAC": ("cac", "ci_low", "ci_high", "reason", "new_logos", "money",
        "spend of the window / new customers in it"),
    "Payback": ("payback_months", None, None, "payback_reason", "new_logos", "months",
        "CAC / (new MRR of a customer x gross margin), in months"),
    "Payback, observed": ("payback_empirical", "payback_empirical_ci_low",
        "payback_empirical_ci_high", "payback_empirical_reason", "followed_customers", "months",
        "months after which half of the new customers had brought their CAC as gross profit"),
    "LTV : CAC": ("ltv_cac", "ltv_cac_ci_low", "ltv_cac_ci_high", "ltv_cac_reason", "new_logos",
        "count", "lifetime value / CAC, both of the row"),
}  # fmt: skip

_CHOICES = """
    select distinct scope, product_id, segment_scheme, metric_definition, lag_definition,
        period_month, coalesce(is_complete, false) as is_complete
    from segment_cac
"""
_ROWS = """
    select * from segment_cac
    where scope = ? and product_id is not distinct from ? and segment_scheme = ?
        and metric_definition = ? and lag_definition = ? and period_month = ?
"""


def render(published: Published) -> None:
    """Draw the page."""
    st.title("Cost of new customers", anchor=False)
    if not published.has("segment_cac"):
        say_missing("segment_cac")
        return
    choices = published.frame(_CHOICES)
    if choices.empty:
        st.info("There is no cost: the published version holds no row of segment\\_cac.")
        return
    parameters, measure = _choose(published, choices)
    rows = label_segments(
        published.frame(_ROWS, parameters), segment_names(published, parameters[2])
    )
    meaning = MEASURES[measure][-1]
    st.caption(
        f"{plain(measure)}: {plain(meaning)}. Spend {plain(LAGS[parameters[4]])};"
        f" definition {plain(parameters[3])}."
    )
    table = _measured(rows, measure)
    _chart(table, measure)
    _grid(table, measure)


def _choose(published: Published, choices: pd.DataFrame) -> tuple[list, str]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cell, rows = choose_segment_cell(published, choices, "costs", with_all=False)
        found = [name for name in DEFINITIONS if name in set(rows["metric_definition"])]
        definition = st.selectbox(
            "Spend", found, format_func=DEFINITIONS.get, key="costs_definition", width=180
        )
        lags = [name for name in LAGS if name in set(rows["lag_definition"])]
        lag = st.selectbox(
            "Compared with spend", lags, format_func=LAGS.get, key="costs_lag", width=220
        )
        month = choose_month(rows, "costs_month")
    measure = st.segmented_control(
        "Measure", list(MEASURES), default="CAC", required=True, key="costs_measure"
    )
    return [*cell, definition, lag, month.date()], measure


def _measured(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Give the columns of one measure under the names that the chart and the table use."""
    value, low, high, reason, n, unit, _ = MEASURES[measure]
    currency = rows["reporting_currency"].iloc[0] if len(rows) else None
    blank = pd.Series([None] * len(rows), index=rows.index, dtype=float)
    table = rows.assign(
        value=rows[value],
        ci_low=rows[low] if low else blank,
        ci_high=rows[high] if high else blank,
        why=rows[reason],
        n=rows[n],
    )
    return table.assign(
        shown=[_written(number, unit, currency) for number in table["value"]],
        range=[
            interval(first, last, "money" if unit == "money" else "count", currency)
            for first, last in zip(table["ci_low"], table["ci_high"], strict=True)
        ],
        reliability=["yes" if flag is True or flag == 1 else "no" for flag in rows["is_reliable"]],
    )


def _written(value: float, unit: str, currency: str | None) -> str:
    if unit == "months":
        return NONE if pd.isna(value) else f"{value:,.1f} months"
    return by_unit(value, unit, currency, in_full=unit == "money")


def _chart(table: pd.DataFrame, measure: str) -> None:
    if table["value"].notna().sum() == 0:
        reasons = table["why"].dropna().unique()
        st.info(f"No segment has a value: {plain(reasons[0])}." if len(reasons) else "No value.")
        return
    unit = MEASURES[measure][5]
    currency = table["reporting_currency"].iloc[0]
    title = f"{measure}, {currency}" if unit == "money" and currency else measure
    title = f"{measure}, months" if unit == "months" else title
    chart = charts.segment_intervals(table, "money" if unit == "money" else "count", title)
    st.altair_chart(chart, alt=f"{measure} by segment")


def _grid(table: pd.DataFrame, measure: str) -> None:
    currency = table["reporting_currency"].iloc[0] if len(table) else None
    shown = pd.DataFrame(
        {
            "Segment": table["label"],
            measure: table["shown"],
            "Interval": table["range"],
            "Spend": [by_unit(value, "money", currency, in_full=True) for value in table["spend"]],
            "New customers": table["new_logos"],
            "Months": table["window_months"],
            "Lag": table["lag_months"],
            "Reliable": table["reliability"],
            "Why there is no value": table["why"],
        }
    )
    config = {"Why there is no value": st.column_config.TextColumn(width="large")}
    st.dataframe(shown, hide_index=True, height="content", placeholder=NONE, column_config=config)
