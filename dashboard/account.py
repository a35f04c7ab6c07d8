"""One account: what is known of it, each ICP criterion met or not, its MRR, usage and tickets."""

import textwrap

import pandas as pd
import streamlit as st

from dagster_project.formats import is_missing, money, percent, plain, text
from dashboard import charts
from dashboard.account_activity import show_tickets, show_usage
from dashboard.account_scores import show_scores
from dashboard.reader import Published

#: Of a name in the title; the attributes have it in full.
NAME_LENGTH = 80

_ATTRIBUTES = {
    "account_name": "Name",
    "domain": "Domain",
    "industry": "Industry",
    "sub_industry": "Sub-industry",
    "employees": "Employees",
    "annual_revenue": "Annual revenue",
    "country": "Country",
    "region": "Region",
    "founded_year": "Founded",
    "growth_stage": "Growth stage",
    "business_model": "Business model",
    "account_type": "Type",
    "owner_id": "Owner",
    "created_on": "Created",
    "first_paid_month": "First paid month",
    "source_system": "CRM",
    "crm_record_id": "CRM record",
    "parent_account_id": "Parent account",
    "match_method": "Matched by",
}

_MRR = """
    select period_month, closing_mrr as mrr, is_complete, reporting_currency as currency
    from fct_mrr_movements
    where customer_id = ?
    order by period_month
"""


def show_account(published: Published, account_id: str) -> None:
    """Draw the page of one account; an id that is not there says so."""
    found = published.frame("select * from dim_accounts where account_id = ?", [account_id])
    if found.empty:
        st.title("Account not found", anchor=False)
        st.markdown(
            f"No account has the id {plain(account_id)} in the published version. It may have"
            " been merged, deleted or rejected: the page “Data quality” lists what was."
        )
        _back()
        return
    account = found.iloc[0]
    name = textwrap.shorten(text(account["account_name"]), NAME_LENGTH, placeholder="…")
    st.title(plain(name), anchor=False)
    _back()
    _summary(account)
    show_scores(published, account_id)
    _mrr(published, account)
    show_usage(published, account_id, account["as_of_date"])
    show_tickets(published, account_id)
    _attributes(account)


def _back() -> None:
    st.page_link("views/accounts.py", label="All accounts")


def _summary(account: pd.Series) -> None:
    currency = account["reporting_currency"]
    currency = None if is_missing(currency) else currency
    state = (
        "customer"
        if account["is_customer"] is True or account["is_customer"] == 1
        else ("not a customer")
    )
    parts = [
        plain(account["account_id"]),
        state,
        f"MRR {plain(money(account['current_mrr'], currency, in_full=True))}",
        f"{plain(percent(account['attribute_completeness']))} of the attributes known",
    ]
    st.caption(" · ".join(parts))


def _mrr(published: Published, account: pd.Series) -> None:
    st.subheader("MRR", anchor=False)
    customer = account["customer_id"]
    months = published.frame(_MRR, [None if is_missing(customer) else customer])
    if customer != account["account_id"] and not is_missing(customer):
        st.caption(f"MRR is kept for the customer {plain(customer)}, of which this is a part.")
    if months.empty:
        st.caption("It has never paid.")
    elif len(months) == 1:
        row = months.iloc[0]
        amount = money(row["mrr"], row["currency"], in_full=True)
        st.caption(f"{plain(amount)} in its only month, {row['period_month']:%B %Y}.")
    else:
        st.altair_chart(charts.monthly_mrr(months), alt="MRR of the customer by month")


def _attributes(account: pd.Series) -> None:
    st.subheader("Attributes", anchor=False)
    values = {label: account[column] for column, label in _ATTRIBUTES.items()}
    written = [
        money(value, account["reporting_currency"], in_full=True)
        if label == "Annual revenue"
        else _year(value)
        if label == "Founded"
        else text(value)
        for label, value in values.items()
    ]
    frame = pd.DataFrame({"Attribute": list(values), "Value": written})
    half = len(frame) // 2
    for place, part in zip(st.columns(2), (frame[:half], frame[half:]), strict=True):
        place.dataframe(part, hide_index=True, height="content")


def _year(value: object) -> str:
    return text(None) if is_missing(value) else f"{int(value)}"
