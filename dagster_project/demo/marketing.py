"""Campaigns, spend by month, channel and category, and the exchange rates of the group."""

import numpy as np
import pandas as pd

from dagster_project.demo.plan import Plan, days_later, pick, seconds
from dagster_project.demo.vocabulary import CHANNELS, INDUSTRIES

#: euro a month per account of the sample, by category; media and programmes split by channel
MONTHLY_COST = {
    "media": 7.0,
    "programmes": 4.0,
    "tools": 2.2,
    "people": 26.0,
    "commission": 5.5,
    "overhead": 6.0,
}
MEDIA_CHANNELS = ("paid_search", "paid_social")
PROGRAMME_CHANNELS = ("content", "events", "webinars", "partner", "outbound")
FX_START = {"USD": 0.92, "GBP": 1.16}


def months_of(plan: Plan) -> np.ndarray:
    """Give the first day of every month from the window's start to the horizon."""
    first = seconds(plan.start).astype("datetime64[M]")
    last = seconds(plan.horizon).astype("datetime64[M]")
    return np.arange(first, last + 1).astype("datetime64[s]")


def make_campaigns(plan: Plan) -> pd.DataFrame:
    """Give one campaign per channel and quarter, some of them aimed at an industry."""
    rng = plan.rng("campaigns")
    starts = months_of(plan)[::3]
    rows = []
    for at, channel in enumerate(CHANNELS):
        for quarter, start in enumerate(starts, start=1):
            rows.append((f"K{at + 1}-{quarter:02d}", channel, start))
    frame = pd.DataFrame(rows, columns=["campaign_id", "channel", "starts_on"])
    frame = frame.sort_values(["starts_on", "campaign_id"], ignore_index=True)
    count = len(frame)
    frame["starts_on"] = frame["starts_on"].astype("datetime64[s]")
    quarter = frame["starts_on"].dt.to_period("Q").astype("str")
    frame["name"] = frame["channel"] + " " + quarter
    frame["campaign_type"] = np.where(frame["channel"].isin(MEDIA_CHANNELS), "always_on", "burst")
    frame["ends_on"] = days_later(frame["starts_on"].to_numpy(), np.full(count, 89.0))
    budget = plan.accounts * (1 + 3 * rng.random(count))
    frame["budgeted_cost"] = np.round(budget, -2)
    frame["actual_cost"] = np.round(budget * (0.8 + 0.4 * rng.random(count)), 2)
    frame["currency"] = "EUR"
    aimed = rng.random(count) < 0.3
    slugs = [row.slug for row in INDUSTRIES]
    frame["target_segment_scheme"] = np.where(aimed, "industry", None)
    frame["target_segment"] = np.where(aimed, pick(rng, slugs, count), None)
    return frame


def make_spend(plan: Plan) -> pd.DataFrame:
    """Give one row per month, channel, campaign, category and product; booked on the first."""
    rng = plan.rng("spend")
    rows = []
    for at, month in enumerate(months_of(plan)):
        growth = plan.accounts * (0.7 + 0.6 * at / 48)
        for channel in MEDIA_CHANNELS:
            amount = MONTHLY_COST["media"] * growth / len(MEDIA_CHANNELS)
            rows.append((month, channel, _campaign(channel, at), "media", amount))
        for channel in PROGRAMME_CHANNELS:
            amount = MONTHLY_COST["programmes"] * growth / len(PROGRAMME_CHANNELS)
            rows.append((month, channel, _campaign(channel, at), "programmes", amount))
        for category in ("tools", "people", "commission", "overhead"):
            rows.append((month, "company", None, category, MONTHLY_COST[category] * growth))
    frame = pd.DataFrame(rows, columns=["spend_date", "channel", "campaign_id", "category", "eur"])
    noise = 0.85 + 0.3 * rng.random(len(frame))
    frame["amount"] = (frame["eur"] * noise).round(2)
    frame["currency"] = np.where(frame["channel"] == "paid_search", "USD", "EUR")
    frame["product_id"] = None
    frame["spend_date"] = frame["spend_date"].astype("datetime64[s]")
    return frame.drop(columns="eur")


def _campaign(channel: str, month: int) -> str:
    return f"K{CHANNELS.index(channel) + 1}-{month // 3 + 1:02d}"


def make_fx_rates(plan: Plan) -> pd.DataFrame:
    """Give one rate to EUR per foreign currency and month."""
    rng = plan.rng("fx_rates")
    months = months_of(plan)
    parts = []
    for currency, start in FX_START.items():
        walk = start * np.exp(np.cumsum(rng.normal(0, 0.008, len(months))))
        parts.append(
            pd.DataFrame({"rate_date": months, "from_currency": currency, "rate": walk.round(5)})
        )
    frame = pd.concat(parts).sort_values(["rate_date", "from_currency"], ignore_index=True)
    frame["to_currency"] = "EUR"
    return frame
