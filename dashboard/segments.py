"""One metric in every segment of a scheme: chart with intervals, and the table behind it."""

import pandas as pd
import streamlit as st

from dagster_project.formats import NONE, by_unit, interval, is_missing, plain
from dashboard import charts
from dashboard.filters import choose_month, choose_segment_cell, label_segments, segment_names
from dashboard.metrics import HEADLINE_DEFINITION, METRICS, Metric, describe
from dashboard.reader import Published
from dashboard.restated import mark_segments

_CHOICES = """
    select distinct scope, product_id, segment_scheme, metric, metric_definition, period_month,
        coalesce(is_complete, false) as is_complete
    from segment_kpis
"""

_ROWS = """
    select *
    from segment_kpis
    where scope = ? and product_id is not distinct from ? and segment_scheme in ('all', ?)
        and metric = ? and metric_definition is not distinct from ? and period_month = ?
"""


def render(published: Published) -> None:
    """Draw the page."""
    st.title("Segments compared", anchor=False)
    choices = published.frame(_CHOICES)
    if choices.empty:
        st.info(
            "No metric could be computed: the published version holds no row of segment\\_kpis."
        )
        return
    parameters, only_reliable = _choose(published, choices)
    scheme, metric = parameters[2], parameters[3]
    known = describe(metric, parameters[4])
    found = published.frame(_ROWS, parameters)
    everyone = found[found["segment_scheme"] == "all"]
    rows = label_segments(
        found[found["segment_scheme"] == scheme], segment_names(published, scheme)
    )
    shown = rows[rows["is_reliable"].fillna(False).astype(bool)] if only_reliable else rows
    st.caption(f"{plain(known.meaning)} Definition: {plain(parameters[4])}.")
    if shown.empty:
        st.info(
            f"None of the {len(rows)} segments has enough cases to rely on. Switch"
            " “only reliable” off to see them."
            if only_reliable and len(rows)
            else "No segment of this scheme has this metric in this month."
        )
        return
    table = mark_segments(published, _table(shown, known), parameters, known)
    _chart(table, everyone, known)
    _grid(table, known)
    hidden = len(rows) - len(shown)
    if hidden:
        st.caption(f"{hidden} of {len(rows)} segments are hidden: too few cases to rely on.")


def _choose(published: Published, choices: pd.DataFrame) -> tuple[list, bool]:
    """Offer the filters; give the parameters of the query and whether to hide the unreliable."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cell, rows = choose_segment_cell(published, choices, "segments", with_all=False)
        metric = st.selectbox(
            "Metric",
            sorted(rows["metric"].unique(), key=_metric_order),
            format_func=lambda name: describe(name).label,
            key="segments_metric",
            width=280,
        )
        rows = rows[rows["metric"] == metric]
        definition = _choose_definition(rows, metric)
        rows = rows[rows["metric_definition"] == definition] if definition else rows
        period = choose_month(rows, "segments_month")
        only_reliable = st.toggle("Only reliable", key="segments_reliable")
    return [*cell, metric, definition, period.date()], only_reliable


def _metric_order(metric: str) -> tuple[int, str]:
    known = list(METRICS)
    name = "time_to_value" if metric.startswith("time_to_value") else metric
    return (known.index(name) if name in known else len(known), metric)


def _choose_definition(rows: pd.DataFrame, metric: str) -> str | None:
    """Offer the definitions, the one that headlines use first."""
    wanted = HEADLINE_DEFINITION.get(metric, "")
    found = sorted(
        rows["metric_definition"].dropna().unique(),
        key=lambda name: (not (wanted and name.startswith(wanted)), name),
    )
    if len(found) > 1:
        return st.selectbox("Definition", found, key="segments_definition", width=280)
    return found[0] if found else None


def _table(rows: pd.DataFrame, known: Metric) -> pd.DataFrame:
    currency = _currency(rows)
    return rows.assign(
        shown=[by_unit(value, known.unit, currency, in_full=True) for value in rows["value"]],
        range=[
            interval(low, high, known.unit, currency)
            for low, high in zip(rows["ci_low"], rows["ci_high"], strict=True)
        ],
        reliability=["yes" if flag is True or flag == 1 else "no" for flag in rows["is_reliable"]],
    )


def _currency(rows: pd.DataFrame) -> str | None:
    found = rows["reporting_currency"].dropna()
    return None if found.empty else found.iloc[0]


def _chart(table: pd.DataFrame, everyone: pd.DataFrame, known: Metric) -> None:
    if table["value"].notna().sum() == 0:
        return
    currency = _currency(table)
    title = f"{known.label}, {currency}" if known.unit == "money" and currency else known.label
    chart = charts.segment_intervals(table, known.unit, title)
    values = everyone["value"].dropna()
    if len(values):
        chart = charts.everyone_line(chart, float(values.iloc[0]))
        whole = by_unit(values.iloc[0], known.unit, currency)
        st.caption(
            f"The dashed line is everyone: {plain(whole)}. Hollow points rest on too few cases."
        )
    st.altair_chart(chart, alt=f"{known.label} by segment, with intervals")


def _grid(table: pd.DataFrame, known: Metric) -> None:
    """Show the rows with numbers as numbers, so that a click on a header sorts them rightly."""
    columns = {
        "label": "Segment",
        "value": "Value",
        "range": "Interval",
        "n": "n",
        "numerator": "Numerator",
        "denominator": "Denominator",
        "shrunk_value": "Shrunk value",
        "reliability": "Reliable",
        "restated": "Restated",
        "reason": "Why there is no value",
    }
    currency = _currency(table)
    units = {
        "Value": known.unit,
        "n": "count",
        "Numerator": known.part_unit,
        "Denominator": known.whole_unit,
        "Shrunk value": known.unit,
    }
    shown = table[list(columns)].rename(columns=columns)
    writers = {
        name: (lambda value, unit=unit: by_unit(value, unit, currency, in_full=unit == "count"))
        for name, unit in units.items()
    }
    styled = shown.style.format(writers, na_rep=NONE)
    config = {}
    for name in ("Why there is no value", "Restated"):
        is_empty = all(is_missing(text) for text in shown[name])
        config[name] = None if is_empty else st.column_config.TextColumn(width="large")
    st.dataframe(styled, hide_index=True, height="content", column_config=config, placeholder=NONE)
