"""The checks that the published version passed, and the rows that were kept out."""

import pandas as pd
import streamlit as st

from dagster_project.formats import NONE, full, plain
from dashboard.reader import Published

_CHECKS = """
    select status, severity, check_name, layer, relation, failed_rows, observed, threshold,
        message, is_blocking, checked_at
    from data_quality
    order by status = 'passed', severity = 'error' desc, severity, layer, check_name, relation
"""

_REJECTED = """
    select entity, rule, stage, disposition, source_system, sum(coalesce(row_count, 1)) as row_count
    from rejected_rows
    group by all
    order by row_count desc, entity, rule
"""


def render(published: Published) -> None:
    """Draw the page."""
    st.title("Data quality", anchor=False)
    _checks(published.frame(_CHECKS))
    _rejected(published.frame(_REJECTED))


def _checks(checks: pd.DataFrame) -> None:
    st.subheader("Checks of this version", anchor=False)
    if checks.empty:
        st.info("The published version holds no check results.")
        return
    passed = checks["status"] == "passed"
    warned = ~passed & (checks["severity"] != "error")
    with st.container(horizontal=True):
        st.metric("Checks", full(len(checks)), width=130)
        st.metric("Passed", full(passed.sum()), width=130)
        st.metric("Warnings", full(warned.sum()), width=130)
        st.metric("Errors", full((~passed & ~warned).sum()), width=130)
    shown_kind = st.segmented_control(
        "Show",
        ["Not passed", "All"],
        default="Not passed" if (~passed).any() else "All",
        required=True,
        key="quality_checks",
    )
    shown = checks if shown_kind == "All" else checks[~passed]
    if shown.empty:
        st.success("Every check passed.")
        return
    labels = {
        "status": "Result",
        "severity": "Severity",
        "check_name": "Check",
        "layer": "Layer",
        "relation": "Table",
        "failed_rows": "Failed rows",
        "observed": "Observed",
        "threshold": "Threshold",
        "message": "Message",
    }
    table = shown[list(labels)].rename(columns=labels)
    for column in ("Observed", "Threshold"):
        table[column] = table[column].astype("string")
    styled = table.style.format({"Failed rows": full}, na_rep=NONE)
    config = {"Message": st.column_config.TextColumn(width="large")}
    st.dataframe(styled, hide_index=True, column_config=config, placeholder=NONE, height="auto")


def _rejected(rejected: pd.DataFrame) -> None:
    st.subheader("Rows kept out, by rule", anchor=False)
    if rejected.empty:
        st.success("No row was rejected.")
        return
    total = int(rejected["row_count"].sum())
    st.caption(
        f"{plain(full(total))} rows were rejected, merged, deleted or had a field cleared."
        " Each is kept with its reason in rejected\\_rows."
    )
    labels = {
        "entity": "Entity",
        "rule": "Rule",
        "row_count": "Rows",
        "disposition": "What happened",
        "stage": "Where",
        "source_system": "Source",
    }
    table = rejected[list(labels)].rename(columns=labels)
    styled = table.style.format({"Rows": full}, na_rep=NONE)
    st.dataframe(styled, hide_index=True, placeholder=NONE, height="auto")
