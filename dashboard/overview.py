"""The first page: what the company looks like today, in eight numbers and two pictures."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dagster_project.formats import (
    NONE,
    by_unit,
    compact,
    days,
    full,
    interval,
    is_missing,
    money,
    percent,
    plain,
)
from dashboard import charts
from dashboard.filters import PORTFOLIO, product_names
from dashboard.metrics import HEADLINE_DEFINITION, describe
from dashboard.palette import TIER_NAMES
from dashboard.reader import Published
from dashboard.restated import restated_headlines

#: The last one stands for whatever number of days the company declared.
_HEADLINES = ("logo_retention", "grr", "nrr", "win_rate", "cac", "time_to_value")

_MONTHS = """
    select
        period_month,
        sum(closing_mrr) as mrr,
        count(*) filter (where closing_mrr > 0) as customer_count,
        bool_and(is_complete) as is_complete,
        any_value(reporting_currency) as currency
    from fct_mrr_movements
    group by period_month
    order by period_month
"""

# a month that is not over would pass for a bad one, so complete periods come first
_KPIS = """
    select *
    from segment_kpis
    where scope = 'portfolio' and segment_scheme = 'all'
    qualify row_number() over (
        partition by metric, metric_definition
        order by coalesce(is_complete, false) desc, period_month desc
    ) = 1
"""

_PRODUCT_TIERS = """
    select product_id, tier, count(*) as account_count, count(*) filter (where is_icp) as icp_count
    from product_icp_scores
    group by product_id, tier
"""

_PORTFOLIO_TIERS = """
    with latest as (
        select *
        from icp_scores
        where scope = 'portfolio'
        qualify row_number() over (partition by account_id, icp_id order by scored_at desc) = 1
    )
    select tier, count(*) as account_count, count(*) filter (where is_icp) as icp_count
    from latest
    group by tier
"""


def render(published: Published) -> None:
    """Draw the page."""
    st.title("Ideal customers at a glance", anchor=False)
    months = published.frame(_MONTHS)
    kpis = published.frame(_KPIS)
    restated = restated_headlines(published)
    measured = (_kpi_card(metric, kpis, restated) for metric in _HEADLINES)
    cards = [*_money_cards(months), *measured]
    for row in (cards[:4], cards[4:]):
        for place, card in zip(st.columns(4), row, strict=True):
            with place:
                _draw(card)
    _mrr_chart(months)
    _tiers(published)


@dataclass(frozen=True)
class _Card:
    label: str
    value: str
    note: str
    meaning: str = ""


def _draw(card: _Card) -> None:
    with st.container(border=True, height="stretch", gap="xxsmall"):
        st.metric(card.label, plain(card.value), help=plain(card.meaning) or None)
        st.caption(plain(card.note))


def _money_cards(months: pd.DataFrame) -> list[_Card]:
    if months.empty:
        note = "No customer has paid anything in the data."
        return [_Card("MRR", NONE, note), _Card("Customers", NONE, note)]
    last = months.iloc[-1]
    state = "" if last["is_complete"] else ", month not over"
    month = f"{last['period_month']:%B %Y}{state}"
    currency = last["currency"]
    in_full = money(last["mrr"], currency, in_full=True)
    note = month + _change(months, "mrr")
    mrr = _Card("MRR", money(last["mrr"], currency), note, f"{in_full} at the end of the month.")
    count = last["customer_count"]
    note = month + _change(months, "customer_count")
    meaning = f"{full(count)} customers with MRR above zero."
    return [mrr, _Card("Customers", compact(count), note, meaning)]


def _change(months: pd.DataFrame, column: str) -> str:
    """Write the change against the month before, which exists only after the first."""
    if len(months) < 2 or not months[column].iloc[-2]:
        return ""
    change = float(months[column].iloc[-1]) / float(months[column].iloc[-2]) - 1
    return f"; {change:+.1%} on the month before"


def _kpi_card(metric: str, kpis: pd.DataFrame, restated: dict[tuple, str]) -> _Card:
    row = _pick(metric, kpis)
    known = describe(metric) if row is None else describe(row["metric"], row["metric_definition"])
    if row is None:
        return _Card(known.label, NONE, "Not measured: the data hold nothing to measure it from.")
    currency = row["reporting_currency"]
    meaning = known.meaning
    if is_missing(row["value"]):
        reason = row["reason"] if not is_missing(row["reason"]) else "no reason was given"
        return _Card(known.label, NONE, f"No value: {reason}.", meaning)
    in_full = by_unit(row["value"], known.unit, currency, in_full=True)
    parts = [f"n = {full(row['n'])}"]
    if not is_missing(row["ci_low"]):
        parts.insert(0, interval(row["ci_low"], row["ci_high"], known.unit, currency))
    if not row["is_reliable"]:
        parts.append("too few to rely on")
    if not row["is_complete"]:
        parts.append("period not over")
    if metric == "time_to_value":
        parts += _median_days(kpis)
    mark = restated.get((row["metric"], row["metric_definition"], row["period_month"]))
    if mark:
        parts.append(f"restated, {mark}")
    meaning = f"{meaning} {in_full} in {row['period_month']:%B %Y}; {row['metric_definition']}."
    value = by_unit(row["value"], known.unit, currency)
    return _Card(known.label, value, ", ".join(parts), meaning)


def _median_days(kpis: pd.DataFrame) -> list[str]:
    """Write the median beside the share; it does not exist where fewer than half get there."""
    row = _pick("time_to_value_days", kpis)
    if row is None:
        return []
    value = row["value"]
    return ["median not reached" if is_missing(value) else f"median {days(value)}"]


def _pick(metric: str, kpis: pd.DataFrame) -> pd.Series | None:
    """Give the row of the definition that headlines use, else the first one with a value."""
    pattern = r"time_to_value_\d+d" if metric == "time_to_value" else metric
    rows = kpis[kpis["metric"].str.fullmatch(pattern)]
    wanted = HEADLINE_DEFINITION.get(metric)
    if wanted:
        preferred = rows[rows["metric_definition"].fillna("").str.startswith(wanted)]
        rows = preferred if len(preferred) else rows
    if rows.empty:
        return None
    return rows.sort_values("value", key=lambda values: values.isna(), kind="stable").iloc[0]


def _mrr_chart(months: pd.DataFrame) -> None:
    if len(months) < 2:
        return
    st.subheader("MRR by month", anchor=False)
    st.altair_chart(charts.monthly_mrr(months), alt="MRR at the end of each month")


def _tiers(published: Published) -> None:
    st.subheader("Accounts by ICP tier", anchor=False)
    names = product_names(published)
    products = published.frame(_PRODUCT_TIERS)
    portfolio = published.frame(_PORTFOLIO_TIERS).assign(product_id=PORTFOLIO)
    tiers = pd.concat([frame for frame in (products, portfolio) if len(frame)] or [products])
    if tiers.empty:
        st.info("No account was scored. An ICP in the definitions folder makes scores.")
        return
    tiers["name"] = tiers["product_id"].map(names).fillna(tiers["product_id"])
    tiers["tier"] = tiers["tier"].fillna("U")
    st.altair_chart(charts.tier_bars(tiers), alt="Share of accounts in each tier, by product")
    table = _tier_table(tiers)
    with_separators = st.column_config.NumberColumn(format="localized")
    counts = dict.fromkeys(table.select_dtypes("number").columns, with_separators)
    st.dataframe(table, hide_index=True, height="content", column_config=counts)


def _tier_table(tiers: pd.DataFrame) -> pd.DataFrame:
    counts = tiers.pivot_table(
        index="name", columns="tier", values="account_count", aggfunc="sum", fill_value=0
    ).reindex(columns=list(TIER_NAMES), fill_value=0)
    total = counts.sum(axis=1)
    icp = tiers.groupby("name")["icp_count"].sum()
    table = counts.rename(columns=TIER_NAMES)
    table.insert(0, "Accounts", total)
    table.insert(1, "Match the ICP", icp)
    table.insert(
        2, "Share", [percent(part / whole) for part, whole in zip(icp, total, strict=True)]
    )
    return table.reset_index(names="ICP of")
