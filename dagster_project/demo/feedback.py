"""What customers say (surveys, text) and what others observe (signals, technologies in use)."""

import numpy as np
import pandas as pd

from dagster_project.demo.plan import Plan, days_later, ids, pick, seconds
from dagster_project.demo.vocabulary import (
    PAIN_TEXTS,
    PAINS,
    PRAISE,
    PRODUCTS,
    SIGNAL_TYPES,
    TECHNOLOGIES,
)

#: chance of an answer per subscription and quarter
ANSWER_SHARE = {"nps": 0.28, "csat": 0.15, "feedback": 0.12}
DETRACTOR, PROMOTER = 6, 9


def make_surveys(plan: Plan, accounts: pd.DataFrame, subscriptions: pd.DataFrame) -> pd.DataFrame:
    """Give one row per answer: NPS (0 to 10), CSAT (1 to 5) or free text without a score."""
    horizon = pd.Timestamp(seconds(plan.horizon))
    paying = subscriptions[~subscriptions["is_trial"].astype(bool)].reset_index(drop=True)
    life = paying["ended_at"].fillna(horizon).clip(upper=horizon) - paying["started_at"]
    quarters = np.maximum((life.dt.days // 91).to_numpy(), 0)
    row = np.repeat(np.arange(len(paying)), quarters)
    picked = paying.iloc[row]
    parts = []
    for kind, share in ANSWER_SHARE.items():
        rng = plan.rng("surveys", kind)
        answered = picked[rng.random(len(picked)) < share].reset_index(drop=True)
        span = (answered["ended_at"].fillna(horizon) - answered["started_at"]).dt.days.to_numpy()
        at = days_later(answered["started_at"].to_numpy(), span * rng.random(len(answered)))
        frame = answered[["account", "account_id", "product_id", "inside"]].copy()
        frame["survey_type"] = kind
        frame["submitted_at"] = at
        _answer(frame, accounts, kind, rng)
        parts.append(frame)
    answers = pd.concat(parts, ignore_index=True)
    answers = answers[answers["submitted_at"] < horizon]
    answers = answers.sort_values(["submitted_at", "account"], ignore_index=True)
    answers["response_id"] = ids("R", np.arange(len(answers)) + 1)
    return answers


def _answer(
    frame: pd.DataFrame, accounts: pd.DataFrame, kind: str, rng: np.random.Generator
) -> None:
    count = len(frame)
    anti = accounts["is_anti"].to_numpy()[frame["account"]]
    mood = rng.normal(7.6, 2.1, count) + 0.9 * frame["inside"].to_numpy() - 2.5 * anti
    nps = np.clip(np.round(mood), 0, 10)
    score = {"nps": nps, "csat": np.clip(np.round(mood / 2), 1, 5)}.get(kind)
    frame["score"] = score if score is not None else np.full(count, np.nan)
    pain = np.empty(count, dtype=object)
    for product in PRODUCTS:
        mine = (frame["product_id"] == product).to_numpy()
        pain[mine] = pick(rng, PAINS[product], int(mine.sum()), (0.5, 0.3, 0.2))
    complaint = pd.Series(pain, dtype=object).map(PAIN_TEXTS).to_numpy(dtype=object)
    text = np.where(nps >= PROMOTER, pick(rng, PRAISE, count), complaint)
    silent = (kind != "feedback") & (rng.random(count) < 0.5)
    frame["text"] = np.where(silent, None, text)


def make_signals(plan: Plan, accounts: pd.DataFrame) -> pd.DataFrame:
    """Give observed events of companies, about one for every two accounts."""
    rng = plan.rng("signals")
    count = len(accounts) // 2
    rows = rng.integers(0, len(accounts), count)
    created = accounts["created_at"].to_numpy()[rows]
    span = (seconds(plan.horizon) - created).astype(float) / 86400
    frame = pd.DataFrame(
        {
            "account": rows,
            "account_id": accounts["account_id"].to_numpy()[rows],
            "domain": accounts["domain"].to_numpy()[rows],
            "signal_type": pick(rng, SIGNAL_TYPES, count),
            "value": None,
            "observed_at": days_later(created, span * rng.random(count)),
            "origin": pick(rng, ("news_feed", "job_boards", "website"), count),
            "confidence": np.round(0.4 + 0.6 * rng.random(count), 2),
        }
    )
    frame = frame.sort_values(["observed_at", "account"], ignore_index=True)
    frame["signal_id"] = ids("G", np.arange(count) + 1)
    return frame


def make_technologies(plan: Plan, accounts: pd.DataFrame) -> pd.DataFrame:
    """Give one row per account and technology it uses, some unobserved, plus some evaluations."""
    rng = plan.rng("technologies")
    parts = []
    for name in TECHNOLOGIES:
        uses = accounts[f"uses_{name}"].to_numpy(dtype=bool)
        rows = np.flatnonzero(uses & (rng.random(len(accounts)) < 0.94))
        parts.append(pd.DataFrame({"account": rows, "technology": name, "role": "in_use"}))
        rows = np.flatnonzero(~uses & (rng.random(len(accounts)) < 0.02))
        parts.append(pd.DataFrame({"account": rows, "technology": name, "role": "evaluating"}))
    frame = pd.concat(parts).sort_values(["account", "technology"], ignore_index=True)
    rows = frame["account"].to_numpy()
    frame["account_id"] = accounts["account_id"].to_numpy()[rows]
    frame["domain"] = accounts["domain"].to_numpy()[rows]
    created = accounts["created_at"].to_numpy()[rows]
    frame["first_seen_at"] = days_later(created, rng.random(len(frame)) * 0.5)
    frame["last_seen_at"] = days_later(created, 1 + 200 * rng.random(len(frame)))
    frame["origin"] = "website_scan"
    return frame
