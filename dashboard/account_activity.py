"""What one account does with the products, and what it asks of support."""

import pandas as pd
import streamlit as st

from dagster_project.formats import NONE, compact, full, is_missing, minutes, percent, plain
from dashboard import charts
from dashboard.filters import product_names
from dashboard.reader import Published

DAYS = 28
WEEKS = 26
OPEN_HOURS = "The same replies, counting only minutes in which support was open (support_hours)"

_USAGE = """
    select product_id, usage_date, active_user_count, event_count, value_event_count
    from fct_usage_days
    where account_id = ? and usage_date > cast(? as date) - 182
"""

_TICKETS = """
    select ticket_id, created_on, product_id, priority, channel, status, first_reply_minutes,
        first_reply_open_minutes, resolution_minutes, solved_at, is_csat_positive
    from fct_tickets
    where account_id = ?
    order by created_at desc, ticket_id
"""


def show_usage(published: Published, account_id: str, as_of: pd.Timestamp) -> None:
    """Draw the last 28 days by product and the last 26 weeks, up to the as-of date."""
    st.subheader("Usage", anchor=False)
    usage = published.frame(_USAGE, [account_id, None if is_missing(as_of) else as_of])
    if usage.empty:
        st.caption(f"No usage in the last {WEEKS} weeks.")
        return
    recent = usage[usage["usage_date"] > as_of - pd.Timedelta(days=DAYS)]
    names = product_names(published)
    if recent.empty:
        st.caption(f"No usage in the last {DAYS} days.")
    else:
        table = recent.groupby("product_id", dropna=False).agg(
            days=("usage_date", "nunique"),
            users=("active_user_count", "mean"),
            events=("event_count", "sum"),
            value_events=("value_event_count", "sum"),
        )
        table.index = [names.get(product, product) for product in table.index]
        labels = {
            "index": "Product",
            "days": f"Days used, of {DAYS}",
            "users": "Users on such a day",
            "events": "Events",
            "value_events": "Value events",
        }
        shown = table.reset_index().rename(columns=labels)
        styled = shown.style.format(
            {"Users on such a day": "{:.1f}", "Events": full, "Value events": full}, na_rep=NONE
        )
        st.dataframe(styled, hide_index=True, height="content")
    weeks = (
        usage.assign(week=usage["usage_date"].dt.to_period("W").dt.start_time)
        .groupby("week", as_index=False)["event_count"]
        .sum()
    )
    if len(weeks) > 1:
        st.altair_chart(charts.weekly_bars(weeks, "Events a week"), alt="Events by week")


def show_tickets(published: Published, account_id: str) -> None:
    """Draw the counts and medians of all tickets, and the latest ten."""
    st.subheader("Support", anchor=False)
    tickets = published.frame(_TICKETS, [account_id])
    if tickets.empty:
        st.caption("No ticket.")
        return
    rated = tickets["is_csat_positive"].dropna()
    satisfied = percent(rated.astype(bool).mean()) if len(rated) else NONE
    with st.container(horizontal=True):
        st.metric("Tickets", compact(len(tickets)), width=110)
        st.metric("Not solved", compact(tickets["solved_at"].isna().sum()), width=110)
        reply = minutes(tickets["first_reply_minutes"].median())
        st.metric("Median first reply", reply, width=170)
        in_hours = tickets["first_reply_open_minutes"]
        if in_hours.notna().any():
            st.metric("In open hours", minutes(in_hours.median()), help=OPEN_HOURS, width=150)
        solved = minutes(tickets["resolution_minutes"].median())
        st.metric("Median resolution", solved, width=170)
        st.metric("Satisfied", satisfied, help=f"of {plain(len(rated))} rated", width=110)
    names = product_names(published)
    latest = tickets.head(10)
    table = pd.DataFrame(
        {
            "Ticket": latest["ticket_id"],
            "Created": latest["created_on"].dt.strftime("%Y-%m-%d"),
            "Product": latest["product_id"].map(names).fillna(latest["product_id"]),
            "Priority": latest["priority"],
            "Status": latest["status"],
            "First reply": [minutes(value) for value in latest["first_reply_minutes"]],
            "Resolution": [minutes(value) for value in latest["resolution_minutes"]],
        }
    )
    st.dataframe(table, hide_index=True, height="content", placeholder=NONE)
