"""Finding an account by name, domain or id, and by tier."""

import pandas as pd
import streamlit as st

from dagster_project.formats import NONE, full, money
from dashboard.filters import product_names
from dashboard.palette import TIERS
from dashboard.reader import Published

LIMIT = 200

# the best product of an account is its highest tier, then its highest fit
_FOUND = """
    with best as (
        select *
        from product_icp_scores
        qualify row_number() over (
            partition by account_id
            order by strpos('ABCDXU', coalesce(tier, 'U')), fit desc nulls last, product_id
        ) = 1
    )
    select
        accounts.account_id,
        accounts.account_name,
        accounts.domain,
        accounts.industry,
        accounts.country,
        accounts.current_mrr,
        accounts.reporting_currency,
        best.tier,
        best.product_id,
        best.fit,
        count(*) over () as found_count
    from dim_accounts as accounts
    left join best on best.account_id = accounts.account_id
    where (
            contains(lower(coalesce(account_name, '')), ?)
            or contains(lower(coalesce(domain, '')), ?)
            or contains(lower(accounts.account_id), ?)
        )
        and (? = '' or best.tier = ?)
    order by accounts.current_mrr desc nulls last, best.fit desc nulls last, accounts.account_id
    limit ?
"""


def render(published: Published) -> None:
    """Draw the page."""
    st.title("Accounts", anchor=False)
    with st.container(horizontal=True):
        typed = st.text_input("Name, domain or id contains", key="finder_text", width=320)
        tier = st.selectbox(
            "Best tier",
            ["", *TIERS],
            format_func=lambda name: name or "any",
            key="finder_tier",
            width=160,
        )
    needle = typed.strip().lower()
    found = published.frame(_FOUND, [needle, needle, needle, tier, tier, LIMIT])
    if found.empty:
        st.info("No account matches." if needle or tier else "There is no account in the data.")
        return
    count = int(found["found_count"].iloc[0])
    note = f"The {LIMIT} with the highest MRR of {full(count)}" if count > LIMIT else full(count)
    st.caption(f"{note} accounts. Open one by its link.")
    _grid(found, product_names(published))


def _grid(found: pd.DataFrame, names: dict[str, str]) -> None:
    currency = found["reporting_currency"].dropna()
    code = None if currency.empty else currency.iloc[0]
    table = found.assign(
        link=["?account=" + account_id for account_id in found["account_id"]],
        product_id=found["product_id"].map(names).fillna(found["product_id"]),
    )
    columns = {
        "link": "Open",
        "account_name": "Account",
        "tier": "Tier",
        "product_id": "Best product",
        "fit": "Fit",
        "current_mrr": "MRR",
        "industry": "Industry",
        "country": "Country",
        "domain": "Domain",
        "account_id": "Account id",
    }
    shown = table[list(columns)].rename(columns=columns)
    styled = shown.style.format(
        {"MRR": lambda value: money(value, code, in_full=True), "Fit": "{:.1f}"}, na_rep=NONE
    )
    config = {"Open": st.column_config.LinkColumn(display_text="open", width="small")}
    st.dataframe(styled, hide_index=True, column_config=config, placeholder=NONE, height="auto")
