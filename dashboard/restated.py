"""Values that were published before and are others now: marks on other pages, and a page of all."""

import pandas as pd
import streamlit as st

from dagster_project.formats import by_unit, full, plain
from dashboard.filters import product_names, say_missing, scope_names
from dashboard.metrics import Metric, describe
from dashboard.reader import Published

CAUSES = {
    "late_data": "late data",
    "accounts_merged": "accounts merged",
    "definition_changed": "definition changed",
    "fx_rate_changed": "exchange rate changed",
}
#: Rows that the page draws; the table in the published file has all.
_MOST = 1000

_OF_A_METRIC = """
    select segment, old_value, cause, restated_at
    from restatements
    where scope = ? and product_id is not distinct from ? and segment_scheme in ('all', ?)
        and metric = ? and metric_definition is not distinct from ? and period_month = ?
    qualify row_number() over (partition by segment order by restated_at desc) = 1
"""
_OF_EVERYBODY = """
    select metric, metric_definition, period_month, old_value, cause, restated_at
    from restatements
    where scope = 'portfolio' and segment_scheme = 'all'
    qualify row_number() over (
        partition by metric, metric_definition, period_month order by restated_at desc
    ) = 1
"""
_COUNTS = """
    select cause, count(*) as change_count, max(restated_at) as last_at
    from restatements group by cause order by change_count desc
"""
_ROWS = f"""
    select * from restatements
    where ? = 'all' or cause = ?
    order by restated_at desc, period_month desc, metric, metric_definition, segment_scheme, segment
    limit {_MOST}
"""


def mark_segments(
    published: Published, table: pd.DataFrame, parameters: list, known: Metric
) -> pd.DataFrame:
    """Add column `restated`: what was shown before, why it changed, when. Null: never changed."""
    marks: dict[str, str] = {}
    if published.has("restatements"):
        found = published.frame(_OF_A_METRIC, parameters)
        marks = {row.segment: _said(row, known, None) for row in found.itertuples()}
    return table.assign(restated=[marks.get(segment) for segment in table["segment"]])


def restated_headlines(published: Published) -> dict[tuple, str]:
    """Give what to say of each changed value of everybody: (metric, definition, month) -> text."""
    if not published.has("restatements"):
        return {}
    return {
        (row.metric, row.metric_definition, row.period_month): _said(
            row, describe(row.metric, row.metric_definition), None
        )
        for row in published.frame(_OF_EVERYBODY).itertuples()
    }


def _said(row: object, known: Metric, currency: str | None) -> str:
    before = by_unit(row.old_value, known.unit, currency)
    return f"was {before} ({CAUSES.get(row.cause, row.cause)}, {row.restated_at:%Y-%m-%d})"


def render(published: Published) -> None:
    """Draw the page."""
    st.title("Restated values", anchor=False)
    if not published.has("restatements"):
        say_missing("restatements")
        return
    st.caption(
        "A value of a month that is over is frozen when it is first published. Each later change"
        " beyond the declared tolerance is listed here for good, with what caused it."
    )
    counts = published.frame(_COUNTS)
    if counts.empty:
        st.info("No published value has changed since it was frozen.")
        return
    for place, row in zip(st.columns(4), counts.itertuples(), strict=False):
        with place, st.container(border=True, gap="xxsmall"):
            st.metric(CAUSES.get(row.cause, row.cause).capitalize(), full(row.change_count))
            st.caption(f"last on {row.last_at:%Y-%m-%d}")
    options = ["all", *counts["cause"]]
    cause = st.segmented_control(
        "Cause",
        options,
        default="all",
        required=True,
        format_func=lambda name: CAUSES.get(name, name),
        key="restated_cause",
    )
    rows = published.frame(_ROWS, [cause, cause])
    # a long table scrolls in a frame of its own, a short one has no empty lines
    height = 560 if len(rows) > 15 else "content"
    st.dataframe(_table(published, rows), hide_index=True, height=height)
    total = int(counts["change_count"].sum() if cause == "all" else _count(counts, cause))
    if total > len(rows):
        st.caption(f"The newest {full(len(rows))} of {full(total)} changes.")


def _count(counts: pd.DataFrame, cause: str) -> int:
    return counts.loc[counts["cause"] == cause, "change_count"].sum()


def _table(published: Published, rows: pd.DataFrame) -> pd.DataFrame:
    known = [
        describe(metric, definition)
        for metric, definition in zip(rows["metric"], rows["metric_definition"], strict=True)
    ]
    segments = [
        "everyone" if scheme == "all" else f"{scheme}: {segment}"
        for scheme, segment in zip(rows["segment_scheme"], rows["segment"], strict=True)
    ]
    return pd.DataFrame(
        {
            "Restated": rows["restated_at"].dt.strftime("%Y-%m-%d"),
            "Metric": [metric.label for metric in known],
            "Definition": rows["metric_definition"],
            "Month": rows["period_month"].dt.strftime("%Y-%m"),
            "Scope": scope_names(rows, product_names(published)),
            "Segment": segments,
            "Before": _written(rows["old_value"], known),
            "Now": _written(rows["new_value"], known),
            "Cause": [CAUSES.get(cause, cause) for cause in rows["cause"]],
            "Evidence": rows["evidence"],
        }
    )


def _written(values: pd.Series, known: list[Metric]) -> list[str]:
    return [plain_number(value, metric.unit) for value, metric in zip(values, known, strict=True)]


def plain_number(value: float, unit: str) -> str:
    """Write a value without a currency: rows of several kinds share the column."""
    return plain(by_unit(value, unit, None, in_full=True)).replace("\\", "")
