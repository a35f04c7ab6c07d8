"""Subscriptions with their whole planned life: price, changes, pauses, churn and return.

Boundaries are half-open: a subscription, an item or a status holds from its start up to, and not
including, its end.
"""

import numpy as np
import pandas as pd

from dagster_project.demo.plan import Plan, add_months, days_later, ids, midnight, seconds

#: monthly chance of leaving for a customer outside every ICP
CHURN = 0.024
INSIDE_FACTOR = 0.40
ANTI_FACTOR = 4.5
ANNUAL_DISCOUNT = 0.85
RETURN_SHARE = 0.15
#: no seat counts are planned past this age
PLANNED_MONTHS = 34


def make_subscriptions(plan: Plan, accounts: pd.DataFrame, deals: pd.DataFrame) -> pd.DataFrame:
    """Give one row per subscription: of won deals, of returning customers, and trials that fail."""
    rng = plan.rng("subscriptions")
    horizon = seconds(plan.horizon)
    won = deals[deals["is_won"] & (deals["closed_at"] < horizon)].reset_index(drop=True)
    first = _started(won, days_later(won["closed_at"].to_numpy(), 1 + 13 * rng.random(len(won))))
    first = _lives(first, accounts, rng, horizon)
    gone = first[first["ended_at"].notna() & (rng.random(len(first)) < RETURN_SHARE)]
    back = days_later(gone["ended_at"].to_numpy(), 45 + 200 * rng.random(len(gone)))
    second = _lives(_started(gone, back)[back < horizon], accounts, rng, horizon)
    lost = deals[~deals["is_won"] & (deals["opportunity_type"] == "new")]
    lost = lost[rng.random(len(lost)) < 0.04].reset_index(drop=True)
    trials = _failed_trials(lost)
    frame = pd.concat([first, second, trials], ignore_index=True)
    frame = frame[frame["started_at"] < horizon]
    frame = frame.sort_values(["started_at", "account"], ignore_index=True)
    frame["subscription_id"] = ids("S", np.arange(len(frame)) + 1)
    number = pd.Series(frame["account_id"]).str.slice(1).to_numpy(dtype=object)
    frame["billing_customer_id"] = "BC" + number
    return frame


def _started(deals: pd.DataFrame, started: np.ndarray) -> pd.DataFrame:
    columns = ["account", "account_id", "product_id", "currency", "seats", "plan"]
    columns += ["seat_price", "discount_percent", "inside", "opportunity_id"]
    frame = deals[columns].reset_index(drop=True)
    frame["started_at"] = midnight(started)
    return frame


def _lives(
    frame: pd.DataFrame, accounts: pd.DataFrame, rng: np.random.Generator, horizon: np.datetime64
) -> pd.DataFrame:
    frame = frame.reset_index(drop=True)
    count = len(frame)
    annual = rng.random(count) < 0.45
    quarterly = ~annual & (rng.random(count) < 0.08)
    frame["billing_interval"] = np.where(annual, "year", "month")
    frame["interval_count"] = np.where(quarterly, 3, 1)
    frame["interval_months"] = np.where(annual, 12, frame["interval_count"])
    trial_days = np.where(rng.random(count) < 0.2, rng.choice([14, 30], count), 0)
    started = frame["started_at"].to_numpy()
    frame["trial_days"] = trial_days
    frame["paid_from"] = days_later(started, trial_days)
    anti = accounts["is_anti"].to_numpy()[frame["account"]]
    inside = frame["inside"].to_numpy(dtype=bool)
    hazard = CHURN * np.where(inside, INSIDE_FACTOR, 1.0) * np.where(anti, ANTI_FACTOR, 1.0)
    months = rng.geometric(hazard)
    step = frame["interval_months"].to_numpy()
    months = np.minimum(np.maximum(-(-months // step) * step, 1), 240)
    frame["life_months"] = months
    ended = add_months(frame["paid_from"].to_numpy(), months)
    # planned ends past the horizon stay in the plan: a scheduled cancellation can be seen early
    frame["ended_at"] = np.where(ended < horizon, ended, np.datetime64("NaT"))
    frame["notice_days"] = rng.integers(0, 60, count)
    frame["is_scheduled"] = rng.random(count) < 0.6
    frame["is_trial"] = False
    _add_changes(frame, inside, anti, rng)
    _add_interruptions(frame, rng)
    return frame


def _add_changes(
    frame: pd.DataFrame, inside: np.ndarray, anti: np.ndarray, rng: np.random.Generator
) -> None:
    """Plan up to two changes of seats, on any day of a month, most of them upgrades."""
    count = len(frame)
    months = np.minimum(frame["life_months"].to_numpy(), PLANNED_MONTHS)
    seats = frame["seats"].to_numpy(dtype=float)
    frame["seats_0"] = seats
    for step, (low, high) in enumerate(((0.22, 0.48), (0.55, 0.85)), start=1):
        chance = np.where(anti, 0.15, np.where(inside, 0.50, 0.27))
        happens = (rng.random(count) < chance) & (months >= 5)
        up = rng.random(count) < np.where(anti, 0.3, np.where(inside, 0.90, 0.68))
        factor = np.where(up, 1.12 + 0.5 * rng.random(count), 0.6 + 0.28 * rng.random(count))
        changed = np.maximum(np.round(seats * factor), np.where(up, seats + 1, 1))
        at = days_later(
            frame["paid_from"].to_numpy(), months * 30.4 * (low + (high - low) * rng.random(count))
        )
        is_change = happens & (changed != seats)
        frame[f"change_{step}"] = np.where(is_change, midnight(at), np.datetime64("NaT"))
        seats = np.where(is_change, changed, seats)
        frame[f"seats_{step}"] = seats


def _add_interruptions(frame: pd.DataFrame, rng: np.random.Generator) -> None:
    """Plan a late payment in the first part of a life and a pause in the second, monthly plans."""
    count = len(frame)
    months = np.minimum(frame["life_months"].to_numpy(), 24)
    monthly = (frame["interval_months"] == 1).to_numpy()
    paid = frame["paid_from"].to_numpy()
    late = monthly & (months >= 6) & (rng.random(count) < 0.08)
    pause = monthly & (months >= 8) & (rng.random(count) < 0.09)
    late_from = add_months(paid, (months * 0.25).astype(int))
    pause_from = add_months(paid, (months * 0.55).astype(int))
    length = rng.integers(1, 3, count)
    none = np.datetime64("NaT")
    frame["late_from"] = np.where(late, late_from, none)
    frame["late_to"] = np.where(late, days_later(late_from, np.full(count, 16)), none)
    frame["pause_from"] = np.where(pause, pause_from, none)
    frame["pause_to"] = np.where(pause, add_months(pause_from, length), none)


def _failed_trials(lost: pd.DataFrame) -> pd.DataFrame:
    """Give trials of lost deals: thirty days, never paid, never converted."""
    frame = _started(lost, days_later(lost["created_at"].to_numpy(), np.full(len(lost), 4.0)))
    frame["billing_interval"] = "month"
    frame["interval_count"] = frame["interval_months"] = 1
    frame["trial_days"] = 30
    frame["paid_from"] = days_later(frame["started_at"].to_numpy(), np.full(len(lost), 30))
    frame["ended_at"] = frame["paid_from"]
    frame["life_months"] = 1
    frame["notice_days"] = 0
    frame["is_scheduled"] = False
    frame["is_trial"] = True
    frame["seats_0"] = frame["seats_1"] = frame["seats_2"] = frame["seats"].astype(float)
    none = np.datetime64("NaT", "s")
    for column in ("change_1", "change_2", "late_from", "late_to", "pause_from", "pause_to"):
        frame[column] = np.full(len(frame), none)
    return frame


def make_items(plan: Plan, subscriptions: pd.DataFrame) -> pd.DataFrame:
    """Give one recurring item per stretch of equal seats, plus one-off and usage-based items."""
    rng = plan.rng("items")
    cuts = [subscriptions["started_at"], subscriptions["change_1"], subscriptions["change_2"]]
    starts = np.column_stack([cut.to_numpy().astype("datetime64[s]") for cut in cuts])
    ended = subscriptions["ended_at"].to_numpy().astype("datetime64[s]")
    after_1 = np.where(np.isnat(starts[:, 2]), ended, starts[:, 2])
    after_0 = np.where(np.isnat(starts[:, 1]), after_1, starts[:, 1])
    parts = []
    for step, until in enumerate((after_0, after_1, ended)):
        exists = ~np.isnat(starts[:, step])
        item = _item(subscriptions[exists], subscriptions[f"seats_{step}"][exists])
        item["valid_from"], item["valid_to"] = starts[exists, step], until[exists]
        parts.append(item)
    paying = ~subscriptions["is_trial"].to_numpy()
    extra = _one_off(subscriptions[paying & (rng.random(len(subscriptions)) < 0.25)])
    usage = subscriptions[paying & (rng.random(len(subscriptions)) < 0.08)]
    frame = pd.concat([*parts, extra, _usage_based(usage)], ignore_index=True)
    order = ["subscription", "valid_from", "is_recurring", "is_usage_based"]
    frame = frame.sort_values(order, ignore_index=True)
    frame["subscription_item_id"] = ids("SI", np.arange(len(frame)) + 1)
    return frame


def _item(subscriptions: pd.DataFrame, seats: pd.Series) -> pd.DataFrame:
    months = subscriptions["interval_months"]
    rate = np.where(subscriptions["billing_interval"] == "year", ANNUAL_DISCOUNT, 1.0)
    discount = subscriptions["discount_percent"]
    # a fifth of the discounts are agreed as an amount instead of a percentage
    as_amount = ((subscriptions.index.to_numpy() % 5) == 0) & (discount > 0)
    unit = (subscriptions["seat_price"] * months * rate).round(2)
    return pd.DataFrame(
        {
            "subscription": subscriptions.index,
            "subscription_id": subscriptions["subscription_id"],
            "product_id": subscriptions["product_id"],
            "quantity": seats,
            "unit_amount": unit,
            "discount_percent": discount.where(~as_amount, 0.0),
            "discount_amount": (seats * unit * discount / 100).where(as_amount, 0.0).round(2),
            "currency": subscriptions["currency"],
            "billing_interval": subscriptions["billing_interval"],
            "interval_count": subscriptions["interval_count"],
            "is_recurring": True,
            "is_usage_based": False,
        }
    ).reset_index(drop=True)


def _one_off(subscriptions: pd.DataFrame) -> pd.DataFrame:
    item = _item(subscriptions, pd.Series(1.0, index=subscriptions.index))
    item["unit_amount"], item["discount_percent"], item["discount_amount"] = 1500.0, 0.0, 0.0
    item["is_recurring"] = False
    item["valid_from"] = subscriptions["started_at"].to_numpy()
    item["valid_to"] = days_later(item["valid_from"].to_numpy(), np.ones(len(item)))
    return item


def _usage_based(subscriptions: pd.DataFrame) -> pd.DataFrame:
    item = _item(subscriptions, pd.Series(100.0, index=subscriptions.index))
    item["unit_amount"], item["discount_percent"], item["discount_amount"] = 0.4, 0.0, 0.0
    item["is_usage_based"] = True
    item["valid_from"] = subscriptions["started_at"].to_numpy()
    item["valid_to"] = subscriptions["ended_at"].to_numpy()
    return item


def make_statuses(subscriptions: pd.DataFrame) -> pd.DataFrame:
    """Give one row per subscription and stretch of equal status; the last one is open-ended."""
    marks = (
        ("trialing", subscriptions["started_at"].where(subscriptions["trial_days"] > 0)),
        ("active", subscriptions["paid_from"].where(~subscriptions["is_trial"].astype(bool))),
        ("past_due", subscriptions["late_from"]),
        ("active", subscriptions["late_to"]),
        ("paused", subscriptions["pause_from"]),
        ("active", subscriptions["pause_to"]),
        ("canceled", subscriptions["ended_at"]),
    )
    ended = subscriptions["ended_at"]
    parts = []
    for status, at in marks:
        keep = at.notna() & ((status == "canceled") | ended.isna() | (at < ended))
        row = np.flatnonzero(keep)
        when = at.to_numpy().astype("datetime64[s]")[row]
        parts.append(pd.DataFrame({"subscription": row, "status": status, "valid_from": when}))
    frame = pd.concat(parts).sort_values(["subscription", "valid_from"], ignore_index=True)
    following = frame.groupby("subscription")["valid_from"].shift(-1)
    frame["valid_to"] = following
    frame["subscription_id"] = subscriptions["subscription_id"].to_numpy()[frame["subscription"]]
    return frame
