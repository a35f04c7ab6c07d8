"""How many got there by which day: wins, first value and churn, with bands."""

from bisect import bisect_right

import pandas as pd
import streamlit as st

from dagster_project.formats import NONE, full, interval, percent, plain
from dashboard.charts_curves import curves
from dashboard.filters import choose_segment_cell, label_segments, say_missing, segment_names
from dashboard.palette import SEGMENTS
from dashboard.reader import Published

EVENTS = {
    "win": ("Deals won", "of new deals, won by that day; a lost deal cannot be won any more"),
    "time_to_value": (
        "First value",
        "of customers, reached their first value event; one that left before cannot any more",
    ),
    "churn": ("Churned", "of customers, lost by that day"),
}
#: Days that the table reads off each curve.
DAYS = (30, 60, 90, 180, 365)

_CHOICES = """
    select scope, product_id, segment_scheme, segment, event, max(n) as n
    from time_to_event_curves group by all order by all
"""
_ROWS = """
    select segment, day_number, at_risk, cumulative_incidence as share, ci_low, ci_high, n,
        is_reliable, reason
    from time_to_event_curves
    where scope = ? and product_id is not distinct from ? and segment_scheme = ? and event = ?
    order by segment, day_number
"""


def render(published: Published) -> None:
    """Draw the page."""
    st.title("How long it takes", anchor=False)
    if not published.has("time_to_event_curves"):
        say_missing("time_to_event_curves")
        return
    choices = published.frame(_CHOICES)
    if choices.empty:
        st.info("There is no curve: nothing that starts and may end was loaded.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        found = [event for event in EVENTS if event in set(choices["event"])]
        event = st.segmented_control(
            "Event",
            found,
            default=found[0],
            required=True,
            format_func=lambda name: EVENTS[name][0],
            key="curves_event",
        )
        cell, cells = choose_segment_cell(published, choices, "curves")
        cells = cells[cells["event"] == event]
        labelled = label_segments(cells, segment_names(published, cell[2]))
        shown = _choose_segments(labelled)
    rows = published.frame(_ROWS, [*cell, event])
    names = dict(zip(labelled["segment"], labelled["label"], strict=True))
    st.caption(f"Share {plain(EVENTS[event][1])}. Whoever is still waiting is counted so far.")
    _draw(rows[rows["segment"].isin(shown)], names, shown, EVENTS[event][0])


def _choose_segments(labelled: pd.DataFrame) -> list[str]:
    """Offer the segments; the largest are chosen to begin with, as many as have a colour."""
    names = dict(zip(labelled["segment"], labelled["label"], strict=True))
    largest = labelled[labelled["n"] > 0].sort_values("n", ascending=False)["segment"]
    if len(names) == 1:
        return list(names)
    return st.multiselect(
        "Segments",
        list(names),
        default=[name for name in names if name in set(largest[:3])],
        max_selections=len(SEGMENTS),
        format_func=names.get,
        key=f"curves_segments_{labelled['segment_scheme'].iloc[0]}",
    )


def _draw(rows: pd.DataFrame, names: dict[str, str], shown: list[str], title: str) -> None:
    drawn = rows[rows["share"].notna()]
    if drawn.empty:
        reasons = rows["reason"].dropna().unique()
        st.info(f"No curve: {plain(reasons[0])}." if len(reasons) else "Choose a segment.")
        return
    # a curve begins at nothing on day 0
    first = drawn.groupby("segment", as_index=False).first()
    start = first[first["day_number"] > 0].assign(day_number=0, share=0.0, ci_low=0.0, ci_high=0.0)
    picture = pd.concat([start, drawn]).sort_values(["segment", "day_number"])
    picture = pd.concat([picture, _joints(picture)])
    picture["label"] = picture["segment"].map(names)
    picture["place"] = picture["segment"].map({name: place for place, name in enumerate(shown)})
    picture = picture.sort_values(["place", "day_number"])
    st.altair_chart(curves(picture, title), alt=f"{title} by day, with bands")
    st.dataframe(_table(rows, names, shown), hide_index=True, height="content")
    st.caption(
        "Dashed where too few cases are left to rely on. A dash: nobody was followed so far."
    )


def _joints(picture: pd.DataFrame) -> pd.DataFrame:
    """Give the rows at which reliability changes once more, as the end of the part before."""
    before = picture.groupby("segment")["is_reliable"].shift()
    is_joint = before.notna() & (before != picture["is_reliable"])
    return picture[is_joint].assign(is_reliable=before[is_joint].astype(bool))


def _table(rows: pd.DataFrame, names: dict[str, str], shown: list[str]) -> pd.DataFrame:
    """Read the curves off at fixed days: the value of the last row at or before each."""
    lines = []
    for segment in shown:
        curve = rows[rows["segment"] == segment]
        line = {"Segment": names[segment], "n": full(curve["n"].max() if len(curve) else 0)}
        for day in DAYS:
            line[f"Day {day}"] = _read_off(curve, day)
        reasons = curve["reason"].dropna()
        line["Why it ends"] = NONE if reasons.empty else reasons.iloc[0]
        lines.append(line)
    return pd.DataFrame(lines)


def _read_off(curve: pd.DataFrame, day: int) -> str:
    days = curve["day_number"].tolist()
    place = bisect_right(days, day) - 1
    last = curve["day_number"][curve["share"].notna()].max() if len(curve) else None
    if place < 0:
        return percent(0) if days and last is not None and last >= day else NONE
    row = curve.iloc[place]
    # after the last one followed nothing is known
    if not len(curve) or pd.isna(row["share"]) or last < day:
        return NONE
    bounds = interval(row["ci_low"], row["ci_high"], "share", None)
    return percent(row["share"]) + ("" if bounds == NONE else f" ({bounds})")
