"""The choices that several pages offer, made from what the published tables hold."""

import pandas as pd
import streamlit as st

from dashboard.reader import Published

PORTFOLIO = "Portfolio"
_SPECIAL = {
    "all": "Everyone",
    "unknown": "Unknown",
    "unallocated": "Not allocated",
    "existing_customers": "Existing customers",
}


def product_names(published: Published) -> dict[str, str]:
    """Give the names of products by id."""
    frame = published.frame("select product_id, product_name from dim_products order by 2")
    return dict(zip(frame["product_id"], frame["product_name"], strict=True))


def scope_names(frame: pd.DataFrame, products: dict[str, str]) -> pd.Series:
    """Give the scope of each row for people: Portfolio, or the product's name (or its id)."""
    names = frame["product_id"].map(products).fillna(frame["product_id"])
    return names.where(frame["scope"] == "product", PORTFOLIO)


def choose_scope(names: pd.Series, key: str) -> str:
    """Offer the scopes that the rows have, the portfolio first."""
    found = sorted(names.dropna().unique(), key=lambda name: (name != PORTFOLIO, name))
    return st.selectbox("Scope", found, key=key, width=220)


def choose_scheme(frame: pd.DataFrame, key: str, *, with_all: bool) -> str:
    """Offer the segment schemes of the rows; `all` (no segments) only where it makes sense."""
    found = sorted(
        frame["segment_scheme"].dropna().unique(), key=lambda name: (name != "all", name)
    )
    if not with_all and len(found) > 1:
        found = [name for name in found if name != "all"]
    return st.selectbox("Segments by", found, format_func=scheme_name, key=key, width=220)


def scheme_name(scheme: str) -> str:
    """Write the name of a scheme for people."""
    return "everyone" if scheme == "all" else scheme.replace("_", " ")


def segment_names(published: Published, scheme: str) -> dict[str, tuple[int, str]]:
    """Give order and label of the segments of a scheme."""
    frame = published.frame(
        "select segment, coalesce(segment_label, segment) as label, sort_order"
        " from dim_segments where segment_scheme = ?",
        [scheme],
    )
    return {
        row.segment: (position if pd.isna(row.sort_order) else int(row.sort_order), row.label)
        for position, row in enumerate(frame.itertuples())
    }


def label_segments(frame: pd.DataFrame, names: dict[str, tuple[int, str]]) -> pd.DataFrame:
    """Add columns `label` and `position`, and sort by the latter, unknown last."""
    last = max((position for position, _ in names.values()), default=0) + 1
    positions = {segment: position for segment, (position, _) in names.items()}
    labels = _SPECIAL | {segment: label for segment, (_, label) in names.items()}
    # what no rule made comes after what a rule made
    positions |= {"unknown": last + 1, "existing_customers": last + 2, "unallocated": last + 3}
    labelled = frame.assign(
        label=[labels.get(segment, segment) for segment in frame["segment"]],
        position=[positions.get(segment, last) for segment in frame["segment"]],
    )
    return labelled.sort_values(["position", "label"], kind="stable", ignore_index=True)


def choose_segment_cell(
    published: Published, choices: pd.DataFrame, key: str, *, with_all: bool = True
) -> tuple[list, pd.DataFrame]:
    """Offer scope and scheme; give the parameters (scope, product, scheme) and the rows left."""
    names = scope_names(choices, product_names(published))
    scope = choose_scope(names, f"{key}_scope")
    rows = choices[names == scope]
    scheme = choose_scheme(rows, f"{key}_scheme", with_all=with_all)
    product = rows["product_id"].iloc[0] if scope != PORTFOLIO else None
    kind = "portfolio" if scope == PORTFOLIO else "product"
    return [kind, product, scheme], rows[rows["segment_scheme"] == scheme]


def choose_month(rows: pd.DataFrame, key: str) -> pd.Timestamp:
    """Offer the months, newest first; the newest one that is over is chosen to begin with."""
    complete = rows.groupby("period_month")["is_complete"].all().sort_index(ascending=False)
    months = list(complete.index)
    first = next((place for place, month in enumerate(months) if complete[month]), 0)
    return st.selectbox(
        "Month",
        months,
        index=first,
        format_func=lambda month: f"{month:%Y-%m}{'' if complete[month] else ' (not over)'}",
        key=key,
        width=180,
    )


def say_missing(table: str) -> None:
    """Say that the published version lacks what a page shows."""
    st.info(
        f"The published version holds no {table.replace('_', chr(92) + '_')}: it was made by"
        " earlier models. Run `icp run`, then reload this page."
    )
