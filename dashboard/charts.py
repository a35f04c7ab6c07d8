"""The Altair charts. Each takes a frame that a page prepared and gives a chart; no queries."""

import altair as alt
import pandas as pd

from dagster_project.formats import full, money, percent
from dashboard.palette import GREY, MAIN, SCHEME, SOFT, TIER_NAMES, TIERS

#: Vega's expressions for axis labels, by unit of the metric; d3 writes G where we write B.
AXIS_LABELS = {
    "share": "format(datum.value, '.0%')",
    "days": "format(datum.value, ',')",
    "count": "replace(replace(format(datum.value, '~s'), 'G', 'B'), 'k', 'K')",
}
AXIS_LABELS["money"] = AXIS_LABELS["count"]


def monthly_mrr(months: pd.DataFrame) -> alt.Chart:
    """Draw MRR by month as a line; a month that is not over is a hollow point."""
    currency = months["currency"].iloc[-1]
    data = months.assign(
        amount=[money(value, currency, in_full=True) for value in months["mrr"]],
        state=["complete" if done else "not over" for done in months["is_complete"]],
        mrr=months["mrr"].astype(float),
    )
    base = alt.Chart(data).encode(
        x=alt.X("yearmonth(period_month):T", title=None),
        y=alt.Y(
            "mrr:Q",
            title=f"MRR, {currency}",
            axis=alt.Axis(labelExpr=AXIS_LABELS["money"], tickCount=5),
        ),
        tooltip=[
            alt.Tooltip("yearmonth(period_month):T", title="Month", format="%B %Y"),
            alt.Tooltip("amount:N", title="MRR"),
            alt.Tooltip("state:N", title="Month is"),
        ],
    )
    points = base.mark_point(size=45, color=MAIN, strokeWidth=1.5).encode(
        fill=alt.condition("datum.is_complete", alt.value(MAIN), alt.value("white"))
    )
    return (base.mark_line(color=MAIN) + points).properties(height=240)


def tier_bars(tiers: pd.DataFrame) -> alt.Chart:
    """Draw one bar for each product, divided by tier."""
    data = tiers.assign(
        rank=tiers["tier"].map({tier: rank for rank, tier in enumerate(TIERS)}),
        tier_name=tiers["tier"].map(TIER_NAMES),
        accounts=[full(count) for count in tiers["account_count"]],
    )
    return (
        alt.Chart(data)
        .mark_bar()
        .encode(
            y=alt.Y("name:N", title=None, axis=alt.Axis(labelLimit=220, labelFlush=False)),
            x=alt.X(
                "account_count:Q",
                stack="normalize",
                title="Share of accounts",
                axis=alt.Axis(format="%", tickCount=5),
            ),
            color=alt.Color(
                "tier_name:N",
                title=None,
                scale=alt.Scale(domain=list(TIER_NAMES.values()), range=list(TIERS.values())),
                legend=alt.Legend(orient="bottom", columns=3),
            ),
            order="rank:Q",
            tooltip=[
                alt.Tooltip("name:N", title="ICP of"),
                alt.Tooltip("tier_name:N", title="Tier"),
                alt.Tooltip("accounts:N", title="Accounts"),
            ],
        )
        .properties(height=alt.Step(34))
    )


def is_narrow(cells: pd.DataFrame) -> bool:
    """Say whether a heatmap has so few ages that it should not fill the page."""
    return cells["age"].nunique() <= 10


def heatmap(cells: pd.DataFrame, low: float, high: float, title: str) -> alt.Chart:
    """Draw cohorts by age. Columns: cohort, age, share, size, part, whole (the last two text)."""
    columns = cells["age"].nunique()
    data = cells.assign(
        shown=[f"{share * 100:.0f}" for share in cells["share"]],
        exact=[percent(share) for share in cells["share"]],
    )
    base = _heatmap_cells(data, title)
    scale = alt.Scale(scheme=SCHEME, domain=[low, high], clamp=True)
    squares = base.mark_rect(stroke="white").encode(
        color=alt.Color(
            "share:Q",
            title=f"{title}, %",
            scale=scale,
            legend=alt.Legend(orient="bottom", labelExpr="format(datum.value, '.0%')"),
        )
    )
    # beyond this many columns the numbers would overlap; the tooltip has them
    chart = squares
    if columns <= 25:
        middle = low + 0.68 * (high - low)
        chart += base.mark_text(fontSize=11).encode(
            text="shown:N",
            color=alt.condition(
                f"datum.share > {middle}", alt.value("white"), alt.value("#1a1a1a")
            ),
        )
    chart = chart.properties(height=alt.Step(24))
    return chart.properties(width=alt.Step(56)) if is_narrow(cells) else chart


def _heatmap_cells(data: pd.DataFrame, title: str) -> alt.Chart:
    return alt.Chart(data).encode(
        x=alt.X("age:O", title="Months since the first paid month", axis=alt.Axis(labelAngle=0)),
        y=alt.Y(
            "cohort:O",
            title="Cohort (customers)",
            sort=None,
            axis=alt.Axis(labelLimit=200, labelFlush=False),
        ),
        tooltip=[
            alt.Tooltip("cohort:N", title="Cohort"),
            alt.Tooltip("age:O", title="Age in months"),
            alt.Tooltip("exact:N", title=title),
            alt.Tooltip("part:N", title="Numerator"),
            alt.Tooltip("whole:N", title="Denominator"),
            alt.Tooltip("size:Q", title="Customers at the start", format=","),
        ],
    )


def segment_intervals(rows: pd.DataFrame, unit: str, title: str) -> alt.Chart:
    """Draw a point with its interval for each segment; hollow where it is not reliable."""
    data = rows[rows["value"].notna()]
    order = data["label"].tolist()
    base = alt.Chart(data).encode(
        y=alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=220, labelFlush=False)),
        tooltip=[
            alt.Tooltip("label:N", title="Segment"),
            alt.Tooltip("shown:N", title=title),
            alt.Tooltip("range:N", title="Interval"),
            alt.Tooltip("n:Q", title="n", format=","),
            alt.Tooltip("reliability:N", title="Reliable"),
        ],
    )
    axis = alt.Axis(labelExpr=AXIS_LABELS[unit], tickCount=6)
    position = alt.X("value:Q", title=title, axis=axis, scale=alt.Scale(zero=unit == "share"))
    lines = base.mark_rule(strokeWidth=3, color=SOFT).encode(x="ci_low:Q", x2="ci_high:Q")
    points = base.mark_point(size=80, color=MAIN, strokeWidth=2, opacity=1).encode(
        x=position,
        fill=alt.condition("datum.reliability == 'yes'", alt.value(MAIN), alt.value("white")),
    )
    return (lines + points).properties(height=alt.Step(28))


def everyone_line(chart: alt.Chart, value: float) -> alt.Chart:
    """Add the value of all segments together as a dashed line."""
    rule = alt.Chart(pd.DataFrame({"value": [value]}))
    return chart + rule.mark_rule(color=GREY, strokeDash=[4, 4]).encode(x="value:Q")


def weekly_bars(weeks: pd.DataFrame, title: str) -> alt.Chart:
    """Draw a count by week. Columns: week, event_count."""
    data = weeks.assign(count_text=[full(value) for value in weeks["event_count"]])
    return (
        alt.Chart(data)
        .mark_bar(color=MAIN, size=16)
        .encode(
            x=alt.X("week:T", title=None, axis=alt.Axis(format="%d %b", tickCount=6)),
            y=alt.Y(
                "event_count:Q",
                title=title,
                axis=alt.Axis(labelExpr=AXIS_LABELS["count"], tickCount=4),
            ),
            tooltip=[
                alt.Tooltip("week:T", title="Week of", format="%Y-%m-%d"),
                alt.Tooltip("count_text:N", title=title),
            ],
        )
        .properties(height=180)
    )
