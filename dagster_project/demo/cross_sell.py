"""Deals that follow from owning something: cross-sells, upgrades and renewals.

Cross-sells are expansion deals, so the planted affinity leaves new-business win rates alone.
"""

import numpy as np
import pandas as pd

from dagster_project.demo.plan import Plan, add_months, days_later, ids, seconds
from dagster_project.demo.vocabulary import CHANNELS, PLANS, PRODUCTS, SEAT_PRICE

#: chance that an owner of the first product, once offered the second, buys it
AFFINITY = {
    ("harbor", "beacon"): 0.55,
    ("harbor", "ledger"): 0.10,
    ("ledger", "harbor"): 0.10,
    ("ledger", "beacon"): 0.10,
    ("beacon", "harbor"): 0.10,
    ("beacon", "ledger"): 0.10,
}
OFFERED_SHARE = 0.5


def make_cross_sells(plan: Plan, accounts: pd.DataFrame, deals: pd.DataFrame) -> pd.DataFrame:
    """Give expansion deals for a second product, offered months after the first was won."""
    won = deals[deals["is_won"] & (deals["closed_at"] < seconds(plan.horizon))]
    first = won.sort_values("closed_at").drop_duplicates("account")
    taken = set(zip(won["account"], won["product_id"], strict=True))
    parts = []
    for (owned, target), chance in AFFINITY.items():
        rng = plan.rng("cross_sell", owned, target)
        base = first[first["product_id"] == owned]
        free = [(account, target) not in taken for account in base["account"]]
        base = base[free]
        base = base[rng.random(len(base)) < OFFERED_SHARE]
        created = days_later(base["closed_at"].to_numpy(), 60 + 240 * rng.random(len(base)))
        parts.append(_expansion(base, target, created, rng.random(len(base)) < chance, rng))
    frame = pd.concat(parts, ignore_index=True)
    frame = frame[frame["created_at"] < seconds(plan.horizon)]
    frame = frame.sort_values(["created_at", "account"])
    # two products offered to one account: only the first offer is made
    frame = frame.drop_duplicates("account").reset_index(drop=True)
    frame["inside"] = _inside(accounts, frame)
    return _finished(frame, accounts, "OX")


def _expansion(
    base: pd.DataFrame, target: str, created: np.ndarray, won: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    columns = ["account", "owner_id", "currency", "seats", "plan", "discount_percent"]
    frame = base[columns].reset_index(drop=True)
    price = dict(zip(PLANS, SEAT_PRICE[target], strict=True))
    frame["seats"] = np.maximum((frame["seats"] * 0.6).astype(int), 2)
    frame["seat_price"] = frame["plan"].map(price).astype(float)
    rate = 1 - frame["discount_percent"] / 100
    frame["amount"] = (frame["seats"] * frame["seat_price"] * 12 * rate).round(2)
    frame["product_id"] = target
    frame["created_at"] = created
    frame["closed_at"] = days_later(created, 15 + 40 * rng.random(len(frame)))
    frame["is_won"] = won
    return frame


def _inside(accounts: pd.DataFrame, frame: pd.DataFrame) -> np.ndarray:
    flags = accounts[[f"inside_{product}" for product in PRODUCTS]].to_numpy()
    column = frame["product_id"].map({name: at for at, name in enumerate(PRODUCTS)}).to_numpy()
    return flags[frame["account"].to_numpy(), column]


def make_follow_ons(plan: Plan, accounts: pd.DataFrame, billing: pd.DataFrame) -> pd.DataFrame:
    """Give one expansion deal per upgrade and one renewal deal per anniversary of annual plans."""
    rng = plan.rng("follow_ons")
    parts = [_upgrades(billing, step) for step in (1, 2)]
    parts += [_renewals(billing, years, seconds(plan.horizon)) for years in range(1, 5)]
    frame = pd.concat(parts, ignore_index=True)
    owner = accounts["owner_id"].to_numpy()[frame["account"]]
    frame["owner_id"] = owner
    frame["created_at"] = days_later(
        frame["closed_at"].to_numpy(), -10 - 35 * rng.random(len(frame))
    )
    frame = frame.sort_values(["created_at", "account"], ignore_index=True)
    return _finished(frame, accounts, "OF")


def _upgrades(billing: pd.DataFrame, step: int) -> pd.DataFrame:
    changed = billing[billing[f"change_{step}"].notna()]
    gained = changed[f"seats_{step}"] - changed[f"seats_{step - 1}"]
    changed, gained = changed[gained > 0], gained[gained > 0]
    return pd.DataFrame(
        {
            "account": changed["account"].to_numpy(),
            "product_id": changed["product_id"].to_numpy(),
            "currency": changed["currency"].to_numpy(),
            "amount": (gained * changed["seat_price"] * 12).round(2).to_numpy(),
            "closed_at": changed[f"change_{step}"].to_numpy(),
            "is_won": True,
            "opportunity_type": "expansion",
        }
    )


def _renewals(billing: pd.DataFrame, years: int, horizon: np.datetime64) -> pd.DataFrame:
    annual = billing[billing["billing_interval"] == "year"]
    due = add_months(annual["paid_from"].to_numpy(), 12 * years)
    ended = annual["ended_at"].to_numpy()
    is_due = (due < horizon) & (np.isnat(ended) | (due <= ended))
    annual, due, ended = annual[is_due], due[is_due], ended[is_due]
    return pd.DataFrame(
        {
            "account": annual["account"].to_numpy(),
            "product_id": annual["product_id"].to_numpy(),
            "currency": annual["currency"].to_numpy(),
            "amount": (annual["seats_0"] * annual["seat_price"] * 12).round(2).to_numpy(),
            "closed_at": due,
            "is_won": np.isnat(ended) | (due < ended),
            "opportunity_type": "renewal",
        }
    )


def _finished(frame: pd.DataFrame, accounts: pd.DataFrame, prefix: str) -> pd.DataFrame:
    """Add what every deal row has, so that all kinds of deals make one table."""
    frame = frame.copy()
    if "opportunity_type" not in frame:
        frame["opportunity_type"] = "expansion"
    frame["opportunity_id"] = ids(prefix, np.arange(len(frame)) + 1, 6)
    frame["account_id"] = accounts["account_id"].to_numpy()[frame["account"]]
    names = accounts["name"].to_numpy()[frame["account"]]
    frame["name"] = names + " - " + frame["product_id"] + " " + frame["opportunity_type"]
    frame["lead_source"] = None
    frame["has_campaign"] = False
    frame["loss_reason"] = np.where(frame["is_won"], None, "no_decision")
    frame["competitor"] = None
    return frame


def campaign_ids(plan: Plan, deals: pd.DataFrame) -> np.ndarray:
    """Give the campaign of the deal's channel and quarter, or None."""
    month = deals["created_at"].to_numpy().astype("datetime64[M]").astype(int)
    first = seconds(plan.start).astype("datetime64[M]").astype(int)
    quarter = np.maximum((month - first) // 3, 0) + 1
    known = {name: f"K{at + 1}" for at, name in enumerate(CHANNELS)}
    channel = deals["lead_source"].map(known).fillna("K0").to_numpy()
    name = channel + "-" + pd.Series(quarter).astype("str").str.zfill(2).to_numpy(dtype=object)
    return np.where(deals["has_campaign"].astype(bool), name, None)
