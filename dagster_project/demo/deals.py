"""New-business deals: who is worked, who wins, and how a deal moves through its stages.

The win model is calibrated on the drawn deals so that the base rate and the odds ratio are the
planted ones in expectation; outcomes are then drawn independently.
"""

import numpy as np
import pandas as pd

from dagster_project.demo.plan import (
    Plan,
    days_later,
    ids,
    pick,
    seconds,
    within,
)
from dagster_project.demo.vocabulary import (
    CHANNEL_SHARES,
    CHANNELS,
    COMPETITORS,
    HARBOR_INDUSTRIES,
    LOSS_REASONS,
    OPEN_STAGES,
    PLANS,
    PRODUCTS,
    REPS,
    SEAT_PRICE,
)

BASE_WIN_RATE = 0.20
ODDS_RATIO = {"harbor": 3.0, "ledger": 3.0, "beacon": 1.0}
#: share of accounts that a product's sales team ever works; keeps 1,500 closed deals at 4,000
WORKED_SHARE = 0.62
RETRY_SHARE = 0.15


def make_deals(plan: Plan, accounts: pd.DataFrame) -> pd.DataFrame:
    """Give one row per new-business deal, sorted by creation, with its planned outcome."""
    parts = [_product_deals(plan, accounts, product) for product in PRODUCTS]
    deals = pd.concat(parts, ignore_index=True)
    deals = deals.sort_values(["created_at", "account"], ignore_index=True)
    deals["opportunity_id"] = ids("O", np.arange(len(deals)) + 1)
    deals["account_id"] = accounts["account_id"].to_numpy()[deals["account"]]
    deals["opportunity_type"] = "new"
    deals["name"] = accounts["name"].to_numpy()[deals["account"]] + " - " + deals["product_id"]
    return deals


def _product_deals(plan: Plan, accounts: pd.DataFrame, product: str) -> pd.DataFrame:
    rng = plan.rng("deals", product)
    is_logistics = accounts["industry"].isin(HARBOR_INDUSTRIES).to_numpy()
    # reps chase what looks like their market: effort is no evidence of fit
    effort = np.where(is_logistics, 1.15 if product == "harbor" else 0.95, 1.0)
    rows = np.flatnonzero(rng.random(len(accounts)) < np.minimum(WORKED_SHARE * effort, 1))
    low = np.maximum(accounts["created_at"].to_numpy()[rows], seconds(plan.start))
    span = (seconds(plan.horizon) - low).astype(float) / 86400
    created = days_later(low, 0.2 + (span - 0.3) * rng.beta(1, 2, len(rows)))
    deals = _outcomes(plan, accounts, product, rows, created, rng)
    again = (~deals["is_won"] & (rng.random(len(deals)) < RETRY_SHARE)).to_numpy()
    later = days_later(deals["closed_at"].to_numpy()[again], 150 + 250 * rng.random(again.sum()))
    in_time = later < seconds(plan.horizon)
    second = _outcomes(plan, accounts, product, rows[again][in_time], later[in_time], rng)
    return pd.concat([deals, second], ignore_index=True)


def _outcomes(
    plan: Plan,
    accounts: pd.DataFrame,
    product: str,
    rows: np.ndarray,
    created: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    count = len(rows)
    picked = accounts.iloc[rows]
    inside = picked[f"inside_{product}"].to_numpy()
    owner = np.where(
        rng.random(count) < 0.85, picked["owner_id"].to_numpy(), pick(rng, REPS, count)
    )
    strength = picked["ledger_criteria"].to_numpy() if product == "ledger" else inside
    chance = win_probability(
        strength.astype(float), inside, _rep_skill(plan, owner), ODDS_RATIO[product]
    )
    won = rng.random(count) < chance
    median = np.where(won, 55.0, 68.0) * np.where(inside, 0.78, 1.0)
    cycle = np.clip(median * np.exp(rng.normal(0, 0.55, count)), 3, 330)
    frame = pd.DataFrame(
        {
            "account": rows,
            "product_id": product,
            "created_at": created,
            "closed_at": days_later(created, cycle),
            "is_won": won,
            "inside": inside,
            "owner_id": owner,
            "currency": picked["currency"].to_numpy(),
        }
    )
    _add_commercials(frame, picked["employees"].to_numpy(), product, rng)
    return frame


def win_probability(
    strength: np.ndarray, inside: np.ndarray, skill: np.ndarray, odds_ratio: float
) -> np.ndarray:
    """Give each deal's chance: mean 20%, and the wanted odds ratio of inside against outside."""
    if not len(strength):
        return np.zeros(0)
    low, high = 0.0, 6.0
    effect = 0.0
    if odds_ratio > 1 and inside.any() and not inside.all():
        for _ in range(40):
            effect = (low + high) / 2
            chance = _calibrated(effect * strength + skill)
            mean_in, mean_out = chance[inside].mean(), chance[~inside].mean()
            odds = mean_in / (1 - mean_in) / (mean_out / (1 - mean_out))
            low, high = (effect, high) if odds < odds_ratio else (low, effect)
    return _calibrated(effect * strength + skill)


def _calibrated(predictor: np.ndarray) -> np.ndarray:
    low, high = -12.0, 6.0
    for _ in range(40):
        middle = (low + high) / 2
        mean = (1 / (1 + np.exp(-(middle + predictor)))).mean()
        low, high = (middle, high) if mean < BASE_WIN_RATE else (low, middle)
    return 1 / (1 + np.exp(-(low + predictor)))


def _rep_skill(plan: Plan, owners: np.ndarray) -> np.ndarray:
    skill = plan.rng("reps").normal(0, 0.22, len(REPS))
    by_rep = dict(zip(REPS, skill - skill.mean(), strict=True))
    return np.array([by_rep[owner] for owner in owners], dtype=float)


def _add_commercials(
    frame: pd.DataFrame, employees: np.ndarray, product: str, rng: np.random.Generator
) -> None:
    count = len(frame)
    seats = np.clip(np.round(employees**0.55 * np.exp(rng.normal(0, 0.35, count))), 2, 600)
    plan_code = np.clip(np.searchsorted([8, 30, 110], seats) + (rng.random(count) < 0.15), 0, 3)
    discount = rng.choice([0, 5, 10, 15, 20], size=count, p=[0.55, 0.12, 0.18, 0.10, 0.05])
    price = np.array(SEAT_PRICE[product])[plan_code]
    frame["seats"] = seats.astype(int)
    frame["plan"] = np.array(PLANS, dtype=object)[plan_code]
    frame["discount_percent"] = discount.astype(float)
    frame["seat_price"] = price
    frame["amount"] = np.round(seats * price * 12 * (1 - discount / 100), 2)
    frame["lead_source"] = pick(rng, CHANNELS, count, CHANNEL_SHARES)
    frame["has_campaign"] = (frame["lead_source"] != "referral") & (rng.random(count) < 0.6)
    lost = ~frame["is_won"].to_numpy()
    reason = pick(rng, LOSS_REASONS, count, (0.27, 0.33, 0.16, 0.12, 0.12))
    frame["loss_reason"] = np.where(lost & (rng.random(count) < 0.88), reason, None)
    rival = (frame["loss_reason"] == "competitor").to_numpy() | (rng.random(count) < 0.08)
    frame["competitor"] = np.where(rival, COMPETITORS[product], None)


def make_stage_history(plan: Plan, deals: pd.DataFrame) -> pd.DataFrame:
    """Give one row per deal and stage entered, the closing stage last and at the closing time."""
    rng = plan.rng("stage_history")
    won = deals["is_won"].to_numpy()
    is_new = (deals["opportunity_type"] == "new").to_numpy()
    reached = np.where(won, 5, rng.integers(1, 6, len(deals)))
    reached = np.where(is_new, reached, 1)
    sizes = reached + 1
    row = np.repeat(np.arange(len(deals)), sizes)
    step = within(sizes)
    share = step / sizes[row] * (0.85 + 0.3 * rng.random(len(row)))
    is_last = step == reached[row]
    created = deals["created_at"].to_numpy()[row]
    closed = deals["closed_at"].to_numpy()[row]
    life = (closed - created).astype(float) / 86400
    closing = np.where(won, "won", "lost")[row]
    first = np.where(is_new, 0, 3)[row]
    stage = np.array(OPEN_STAGES, dtype=object)[np.minimum(first + step, 4)]
    entered = days_later(created, life * np.minimum(share, 0.97))
    forecast = days_later(created, np.full(len(row), 75.0))
    return pd.DataFrame(
        {
            "opportunity_id": deals["opportunity_id"].to_numpy()[row],
            "stage": np.where(is_last, closing, stage),
            "entered_at": np.where(is_last, closed, entered),
            "amount": deals["amount"].to_numpy()[row],
            "close_date_forecast": forecast,
        }
    )
