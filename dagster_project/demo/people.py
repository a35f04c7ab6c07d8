"""People around accounts and deals: contacts, their roles in deals, and leads."""

import numpy as np
import pandas as pd

from dagster_project.demo.plan import Plan, days_later, ids, pick, seconds, within
from dagster_project.demo.vocabulary import (
    CHANNEL_SHARES,
    CHANNELS,
    FAMILY_NAMES,
    FREE_MAIL,
    GIVEN_NAMES,
)

FUNCTIONS = ("operations", "finance", "support", "it", "procurement")
SENIORITIES = ("c_level", "vp", "director", "manager", "individual")
BUYING_ROLES = (
    "decision_maker", "champion", "economic_buyer", "influencer", "blocker", "user",
)  # fmt: skip
TITLES = {"c_level": "Chief", "vp": "VP", "director": "Director", "manager": "Manager"}
_ASCII = str.maketrans({"ö": "o", "é": "e", "ø": "o", "ë": "e", "ü": "u", "ú": "u", "ñ": "n",
                        "á": "a"})  # fmt: skip


def full_names(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Give names, and the same as the local part of an e-mail address."""
    given = rng.integers(0, len(GIVEN_NAMES), count)
    family = rng.integers(0, len(FAMILY_NAMES), count)
    pairs = [(one, two) for one in GIVEN_NAMES for two in FAMILY_NAMES]
    shown = np.array([f"{one} {two}" for one, two in pairs], dtype=object)
    local = [f"{one}.{two}".lower().translate(_ASCII) for one, two in pairs]
    code = given * len(FAMILY_NAMES) + family
    return shown[code], np.array(local, dtype=object)[code]


def make_contacts(plan: Plan, accounts: pd.DataFrame) -> pd.DataFrame:
    """Give one to six contacts per account, consecutive for each account."""
    rng = plan.rng("contacts")
    sizes = np.minimum(1 + rng.poisson(1.8, len(accounts)), 6)
    row = np.repeat(np.arange(len(accounts)), sizes)
    count = len(row)
    names, local = full_names(rng, count)
    number = pd.Series(np.arange(count)).astype("str").to_numpy(dtype=object)
    seniority = pick(rng, SENIORITIES, count, (0.08, 0.12, 0.22, 0.33, 0.25))
    function = pick(rng, FUNCTIONS, count, (0.34, 0.22, 0.18, 0.16, 0.10))
    titles = pd.Series(seniority).map(TITLES).fillna("Specialist").to_numpy(dtype=object)
    created = accounts["created_at"].to_numpy()[row]
    return pd.DataFrame(
        {
            "contact_id": ids("C", np.arange(count) + 1),
            "account": row,
            "account_id": accounts["account_id"].to_numpy()[row],
            "full_name": names,
            "email": local + number + "@" + accounts["domain"].to_numpy(dtype=object)[row],
            "title": titles + " " + function,
            "seniority": np.where(rng.random(count) < 0.12, None, seniority),
            "function": np.where(rng.random(count) < 0.10, None, function),
            "buying_role": np.where(rng.random(count) < 0.45, None, pick(rng, BUYING_ROLES, count)),
            "created_at": days_later(created, rng.random(count) * 120),
        }
    )


def make_contact_roles(plan: Plan, contacts: pd.DataFrame, deals: pd.DataFrame) -> pd.DataFrame:
    """Give one to three contacts of the deal's account per new deal, the first one primary."""
    rng = plan.rng("contact_roles")
    new = deals[deals["opportunity_type"] == "new"]
    owner = contacts["account"].to_numpy()
    first = np.searchsorted(owner, new["account"].to_numpy())
    available = np.searchsorted(owner, new["account"].to_numpy(), side="right") - first
    sizes = np.minimum(available, rng.integers(1, 4, len(new)))
    row = np.repeat(np.arange(len(new)), sizes)
    step = within(sizes)
    return pd.DataFrame(
        {
            "opportunity_id": new["opportunity_id"].to_numpy()[row],
            "contact_id": contacts["contact_id"].to_numpy()[first[row] + step],
            "role": pick(rng, BUYING_ROLES, len(row), (0.2, 0.25, 0.15, 0.2, 0.05, 0.15)),
            "is_primary": step == 0,
            "created_at": new["created_at"].to_numpy()[row],
        }
    )


def make_leads(plan: Plan, accounts: pd.DataFrame, deals: pd.DataFrame) -> pd.DataFrame:
    """Give leads that became a new deal, and about two that did not for each that did."""
    rng = plan.rng("leads")
    new = deals[(deals["opportunity_type"] == "new") & (deals["lead_source"] != "outbound")]
    new = new[rng.random(len(new)) < 0.6]
    converted = _converted(new, accounts, rng)
    cold = _cold(plan, accounts, 2 * len(new), rng)
    frame = pd.concat([converted, cold], ignore_index=True)
    frame = frame.sort_values(["created_at", "email"], ignore_index=True)
    frame["lead_id"] = ids("L", np.arange(len(frame)) + 1)
    return frame


def _converted(
    deals: pd.DataFrame, accounts: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    count = len(deals)
    names, local = full_names(rng, count)
    opened = deals["created_at"].to_numpy()
    lead = 2 + 40 * rng.random(count)
    created = days_later(opened, -lead)
    rows = deals["account"].to_numpy()
    return pd.DataFrame(
        {
            "full_name": names,
            "email": local + "@" + accounts["domain"].to_numpy(dtype=object)[rows],
            "company": accounts["name"].to_numpy()[rows],
            "source": deals["lead_source"].to_numpy(),
            "created_at": created,
            "mql_at": days_later(created, lead * 0.2),
            "sql_at": days_later(created, lead * 0.6),
            "converted_at": opened,
            "converted_account_id": deals["account_id"].to_numpy(),
            "converted_opportunity_id": deals["opportunity_id"].to_numpy(),
        }
    )


def _cold(plan: Plan, accounts: pd.DataFrame, count: int, rng: np.random.Generator) -> pd.DataFrame:
    names, local = full_names(rng, count)
    start, horizon = seconds(plan.start), seconds(plan.horizon)
    created = days_later(start, rng.random(count) * (horizon - start).astype(float) / 86400)
    rows = rng.integers(0, len(accounts), count)
    free = rng.random(count) < 0.3
    domain = np.where(free, pick(rng, FREE_MAIL, count), accounts["domain"].to_numpy()[rows])
    is_mql = rng.random(count) < 0.35
    is_sql = is_mql & (rng.random(count) < 0.25)
    none = np.datetime64("NaT")
    return pd.DataFrame(
        {
            "full_name": names,
            "email": local + "@" + domain,
            "company": np.where(free, None, accounts["name"].to_numpy()[rows]),
            "source": pick(rng, CHANNELS, count, CHANNEL_SHARES),
            "created_at": created,
            "mql_at": np.where(is_mql, days_later(created, 1 + 9 * rng.random(count)), none),
            "sql_at": np.where(is_sql, days_later(created, 12 + 20 * rng.random(count)), none),
            "converted_at": np.full(count, none).astype("datetime64[s]"),
            "converted_account_id": None,
            "converted_opportunity_id": None,
        }
    )
