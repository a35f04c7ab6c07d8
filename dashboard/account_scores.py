"""The ICP scores of one account, and each criterion met, not met or unknown."""

import pandas as pd
import streamlit as st

from dagster_project.formats import NONE, is_missing, percent, plain, text
from dashboard.filters import PORTFOLIO, product_names
from dashboard.palette import TIER_NAMES
from dashboard.reader import Published

_SCORES = """
    select *
    from icp_scores
    where account_id = ?
    qualify row_number() over (partition by icp_id order by scored_at desc, icp_version) = 1
    order by strpos('ABCDXU', coalesce(tier, 'U')), fit desc nulls last, icp_id
"""

_MATCHES = """
    select criterion_id, is_met, value, reason, points_awarded, points_possible
    from icp_matches
    where account_id = ? and icp_id = ? and icp_version = ?
    order by points_awarded desc nulls last, points_possible desc nulls last, criterion_id
"""


def show_scores(published: Published, account_id: str) -> None:
    """Draw a card for each ICP, best tier first."""
    st.subheader("ICP fit", anchor=False)
    scores = published.frame(_SCORES, [account_id])
    if scores.empty:
        st.info("This account was not scored.")
        return
    names = product_names(published)
    for _, score in scores.iterrows():
        product = score["product_id"]
        name = PORTFOLIO if is_missing(product) else names.get(product, product)
        _score(score, name)
        keys = [account_id, score["icp_id"], score["icp_version"]]
        _criteria(published.frame(_MATCHES, keys))


def _score(score: pd.Series, name: str) -> None:
    tier = "U" if is_missing(score["tier"]) else score["tier"]
    st.markdown(
        f"**{plain(name)}** — {plain(score['icp_id'])}, version {plain(score['icp_version'])}"
    )
    with st.container(horizontal=True):
        st.metric("Tier", TIER_NAMES.get(tier, tier), width=190)
        st.metric("Fit, of 100", _number(score["fit"]), width=110)
        points = f"{_number(score['points'])} of {_number(score['max_points'])}"
        st.metric("Points", points, width=140)
        st.metric("Matches the ICP", _answer(score["is_icp"]), width=140)
        st.metric("Attributes known", percent(score["completeness"]), width=140)
    if score["is_disqualified"] is True or score["is_disqualified"] == 1:
        st.warning(f"Disqualified by {plain(text(score['disqualifier_codes']))}.")
    for column in ("reasons", "reason_missing"):
        if not is_missing(score[column]):
            st.caption(plain(score[column]))


def _number(value: object) -> str:
    return NONE if is_missing(value) else f"{float(value):,.1f}".removesuffix(".0")


def _answer(value: object) -> str:
    return "unknown" if is_missing(value) else "yes" if value else "no"


def _criteria(matches: pd.DataFrame) -> None:
    if matches.empty:
        st.caption("No criterion of this version is on record.")
        return
    state = [
        "? unknown" if is_missing(met) else "✓ met" if met else "✗ not met"
        for met in matches["is_met"]
    ]
    table = pd.DataFrame(
        {
            "Criterion": matches["criterion_id"],
            "State": state,
            "Points": matches["points_awarded"].astype(float),
            "Of": matches["points_possible"].astype(float),
            "Value": [text(value) for value in matches["value"]],
            "Reason": [text(reason) for reason in matches["reason"]],
        }
    )
    styled = table.style.format({"Points": _number, "Of": _number}, na_rep=NONE)
    config = {"Reason": st.column_config.TextColumn(width="large")}
    st.dataframe(styled, hide_index=True, height="content", column_config=config)
