"""Why two definitions of one metric give two numbers: the items between them, summing to zero."""

import pandas as pd
import streamlit as st

from dagster_project.formats import percent, plain
from dashboard.charts_curves import waterfall
from dashboard.filters import choose_segment_cell, label_segments, say_missing, segment_names
from dashboard.metrics import name_of
from dashboard.reader import Published

_CHOICES = """
    select distinct scope, product_id, segment_scheme, segment, period_month, metric,
        from_definition, to_definition
    from metric_bridge
    order by all
"""
_ITEMS = """
    select item, amount, from_value, to_value
    from metric_bridge
    where scope = ? and product_id is not distinct from ? and segment_scheme = ? and segment = ?
        and period_month = ? and from_definition = ? and to_definition = ?
    order by sort_order
"""


def render(published: Published) -> None:
    """Draw the page."""
    st.title("Why two definitions differ", anchor=False)
    if not published.has("metric_bridge"):
        say_missing("metric_bridge")
        return
    choices = published.frame(_CHOICES)
    if choices.empty:
        st.info("There is nothing to explain: no month has a value under two definitions.")
        return
    parameters = _choose(published, choices)
    items = published.frame(_ITEMS, parameters)
    origin, target = parameters[-2:]
    st.caption(
        f"From {plain(origin)} to {plain(target)}, the same customers and months. The items sum to"
        " the difference."
    )
    steps = _steps(items, origin, target)
    st.altair_chart(waterfall(steps), alt=f"From {origin} to {target}")
    gap = items["to_value"].iloc[0] - items["from_value"].iloc[0] - items["amount"].sum()
    st.dataframe(
        steps[["label", "shown"]].rename(columns={"label": "Step", "shown": "Amount"}),
        hide_index=True,
        height="content",
    )
    st.caption(f"What the items leave unexplained: {percent(abs(gap))}.")


def _choose(published: Published, choices: pd.DataFrame) -> list:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cell, rows = choose_segment_cell(published, choices, "bridge")
        labelled = label_segments(
            rows.drop_duplicates("segment"), segment_names(published, cell[2])
        )
        labels = dict(zip(labelled["segment"], labelled["label"], strict=True))
        segment = st.selectbox(
            "Segment", list(labels), format_func=labels.get, key="bridge_segment", width=220
        )
        rows = rows[rows["segment"] == segment]
        pairs = sorted(
            set(zip(rows["metric"], rows["from_definition"], rows["to_definition"], strict=True))
        )
        pair = st.selectbox(
            "Definitions",
            pairs,
            format_func=lambda pair: f"{name_of(pair[1])} → {name_of(pair[2])}",
            key="bridge_pair",
            width=420,
        )
        rows = rows[(rows["from_definition"] == pair[1]) & (rows["to_definition"] == pair[2])]
        months = sorted(rows["period_month"].unique(), reverse=True)
        month = st.selectbox(
            "Month", months, format_func=lambda day: f"{day:%Y-%m}", key="bridge_month", width=140
        )
    return [*cell, segment, month.date(), pair[1], pair[2]]


def _steps(items: pd.DataFrame, origin: str, target: str) -> pd.DataFrame:
    """Give a bar for each end and one for each item, where the item before left off."""
    start, end = float(items["from_value"].iloc[0]), float(items["to_value"].iloc[0])
    rows = [(name_of(origin), 0.0, start, "definition", percent(start))]
    level = start
    for row in items.itertuples():
        after = level + row.amount
        kind = "adds" if row.amount >= 0 else "takes"
        points = f"{row.amount * 100:+.1f} points"
        rows.append(
            (row.item.replace("_", " "), min(level, after), max(level, after), kind, points)
        )
        level = after
    rows.append((name_of(target), 0.0, end, "definition", percent(end)))
    return pd.DataFrame(rows, columns=["label", "low", "high", "kind", "shown"])
