"""Pictures of the pages on curves and on the bridge between definitions."""

import altair as alt
import pandas as pd

from dagster_project.formats import percent
from dashboard.palette import GREY, MAIN, SEGMENTS, SOFT


def curves(rows: pd.DataFrame, title: str) -> alt.Chart:
    """Draw one step curve for each segment with its band; dashed where it is not reliable.

    Columns: label, day_number, share, ci_low, ci_high, at_risk, is_reliable.
    """
    order = list(dict.fromkeys(rows["label"]))
    data = rows.assign(
        exact=[percent(share) for share in rows["share"]],
        reliability=["enough cases" if flag else "too few cases" for flag in rows["is_reliable"]],
    )
    colour = alt.Color(
        "label:N",
        title=None,
        sort=order,
        scale=alt.Scale(domain=order, range=SEGMENTS[: len(order)]),
        legend=alt.Legend(orient="bottom", columns=3, labelLimit=300) if len(order) > 1 else None,
    )
    base = alt.Chart(data).encode(
        x=alt.X("day_number:Q", title="Days since the start", axis=alt.Axis(tickCount=8)),
        color=colour,
    )
    band = base.mark_area(opacity=0.15, interpolate="step-after").encode(
        y=alt.Y("ci_low:Q", title=title, axis=alt.Axis(format="%")), y2="ci_high:Q"
    )
    line = base.mark_line(interpolate="step-after", strokeWidth=2).encode(
        y=alt.Y("share:Q", title=title),
        strokeDash=alt.StrokeDash(
            "reliability:N",
            title=None,
            scale=alt.Scale(domain=["enough cases", "too few cases"], range=[[1, 0], [4, 3]]),
            legend=None,
        ),
        detail="reliability:N",
        tooltip=[
            alt.Tooltip("label:N", title="Segment"),
            alt.Tooltip("day_number:Q", title="Day"),
            alt.Tooltip("exact:N", title=title),
            alt.Tooltip("at_risk:Q", title="At risk", format=","),
            alt.Tooltip("reliability:N", title="Rests on"),
        ],
    )
    return (band + line).properties(height=360)


def waterfall(steps: pd.DataFrame) -> alt.Chart:
    """Draw the way from one definition to another. Columns: label, low, high, kind, shown."""
    order = steps["label"].tolist()
    base = alt.Chart(steps).encode(
        y=alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=320, labelFlush=False)),
        tooltip=[alt.Tooltip("label:N", title="Step"), alt.Tooltip("shown:N", title="Amount")],
    )
    bars = base.mark_bar().encode(
        x=alt.X("low:Q", title=None, axis=alt.Axis(format="%", tickCount=6)),
        x2="high:Q",
        color=alt.Color(
            "kind:N",
            title=None,
            scale=alt.Scale(domain=["definition", "adds", "takes"], range=[GREY, MAIN, SOFT]),
            legend=alt.Legend(orient="bottom"),
        ),
    )
    texts = base.mark_text(align="left", dx=5).encode(x="high:Q", text="shown:N")
    return (bars + texts).properties(height=alt.Step(36))
