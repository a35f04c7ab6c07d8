"""Support: organizations, tickets and their comments. Pains are planted in category and subject."""

import numpy as np
import pandas as pd

from dagster_project.demo.plan import Plan, days_later, ids, pick, seconds
from dagster_project.demo.vocabulary import PAIN_TEXTS, PAINS, PRODUCTS

#: tickets a month and subscription
TICKET_RATE = 0.55
INSIDE_RATE = 0.7
ANTI_RATE = 5.0
PRIORITIES = ("low", "normal", "high", "urgent")
CHANNELS = ("email", "web", "chat", "phone")
BOT_REPLY_DAYS = 1 / 1440


def make_organizations(
    plan: Plan, subscriptions: pd.DataFrame, accounts: pd.DataFrame
) -> pd.DataFrame:
    """Give one row per account that ever had a subscription."""
    rng = plan.rng("organizations")
    first = subscriptions.sort_values("started_at").drop_duplicates("account")
    first = first.sort_values("account", ignore_index=True)
    rows = first["account"].to_numpy()
    number = pd.Series(first["account_id"]).str.slice(1).to_numpy(dtype=object)
    return pd.DataFrame(
        {
            "organization_id": "org_" + number,
            "account": rows,
            "account_id": first["account_id"].to_numpy(),
            "name": accounts["name"].to_numpy()[rows],
            "domain": accounts["domain"].to_numpy()[rows],
            "has_crm_id": rng.random(len(first)) < 0.8,
            "created_at": first["started_at"].to_numpy(),
        }
    )


def make_tickets(plan: Plan, accounts: pd.DataFrame, subscriptions: pd.DataFrame) -> pd.DataFrame:
    """Give one row per ticket of a paying or trying customer, sorted by creation."""
    rng = plan.rng("tickets")
    horizon = seconds(plan.horizon)
    started = subscriptions["started_at"].to_numpy()
    ended = subscriptions["ended_at"].fillna(pd.Timestamp(horizon)).to_numpy()
    span = np.maximum((np.minimum(ended, horizon) - started).astype("timedelta64[s]"), 0)
    days = span.astype(float) / 86400
    anti = accounts["is_anti"].to_numpy()[subscriptions["account"]]
    inside = subscriptions["inside"].to_numpy(dtype=bool)
    rate = TICKET_RATE * np.where(inside, INSIDE_RATE, 1) * np.where(anti, ANTI_RATE, 1)
    row = np.repeat(np.arange(len(subscriptions)), rng.poisson(rate * days / 30.4))
    created = days_later(started[row], days[row] * rng.random(len(row)))
    frame = pd.DataFrame({"subscription": row, "created_at": created})
    frame = frame.sort_values(["created_at", "subscription"], ignore_index=True)
    picked = subscriptions.iloc[frame["subscription"].to_numpy()]
    for column in ("account", "account_id", "product_id"):
        frame[column] = picked[column].to_numpy()
    frame["is_anti"] = accounts["is_anti"].to_numpy()[frame["account"]]
    frame["domain"] = accounts["domain"].to_numpy()[frame["account"]]
    _describe(frame, rng)
    return frame


def _describe(frame: pd.DataFrame, rng: np.random.Generator) -> None:
    count = len(frame)
    frame["ticket_id"] = ids("T", np.arange(count) + 1)
    number = pd.Series(frame["account_id"]).str.slice(1).to_numpy(dtype=object)
    frame["organization_id"] = "org_" + number
    category = np.empty(count, dtype=object)
    for product in PRODUCTS:
        mine = (frame["product_id"] == product).to_numpy()
        category[mine] = pick(rng, PAINS[product], int(mine.sum()), (0.5, 0.3, 0.2))
    other = rng.random(count) < 0.25
    category[other] = pick(rng, tuple(PAIN_TEXTS), int(other.sum()))
    frame["category"] = category
    frame["subject"] = pd.Series(category).map(PAIN_TEXTS).to_numpy(dtype=object)
    frame["requester_email"] = "help@" + frame["domain"]
    frame["priority"] = pick(rng, PRIORITIES, count, (0.2, 0.5, 0.22, 0.08))
    frame["channel"] = pick(rng, CHANNELS, count, (0.45, 0.25, 0.22, 0.08))
    created = frame["created_at"].to_numpy()
    reply = np.clip(0.12 * np.exp(rng.normal(0, 1.0, count)), 0.003, 6)
    frame["replied_at"] = _at_work(days_later(created, reply))
    solve = np.clip(0.8 * np.exp(rng.normal(0, 1.0, count)), 0.02, 40)
    unsolved = rng.random(count) < 0.02
    solved = days_later(frame["replied_at"].to_numpy(), solve)
    frame["solved_at"] = np.where(unsolved, np.datetime64("NaT"), solved)
    slow = (reply > 0.3) | frame["is_anti"].to_numpy()
    shares = np.where(slow[:, None], [[0.2, 0.2, 0.2, 0.25, 0.15]], [[0.03, 0.05, 0.12, 0.3, 0.5]])
    score = (rng.random((count, 1)) > np.cumsum(shares, axis=1)).sum(axis=1) + 1
    rated = ~unsolved & (rng.random(count) < 0.35)
    frame["satisfaction_score"] = np.where(rated, np.minimum(score, 5), np.nan)
    frame["rated_at"] = np.where(rated, days_later(solved, 0.2), np.datetime64("NaT"))


def _at_work(moments: np.ndarray) -> np.ndarray:
    """Move what falls outside Monday to Friday, 8 to 18 h, into the next first hour of work."""
    day = moments.astype("datetime64[D]")
    second = (moments - day).astype("timedelta64[s]").astype(int)
    is_late = second >= 18 * 3600
    morning = np.busday_offset(day + is_late, 0, roll="forward")
    is_closed = is_late | (second < 8 * 3600) | ~np.is_busday(day)
    return np.where(
        is_closed, morning + (8 * 3600 + second % 3600).astype("timedelta64[s]"), moments
    )


def make_comments(plan: Plan, tickets: pd.DataFrame) -> pd.DataFrame:
    """Give the comments of each ticket: the question, a bot, a private note, and the answers."""
    rng = plan.rng("comments")
    created = tickets["created_at"].to_numpy()
    replied = tickets["replied_at"].to_numpy()
    solved = tickets["solved_at"].to_numpy()
    wait = (replied - created).astype("timedelta64[s]").astype(float) / 86400
    follow = days_later(replied, wait * 0.5)
    none = np.isnat(solved)
    slots = (
        (1.0, created, "end_user", True, False),
        (0.35, days_later(created, BOT_REPLY_DAYS), "bot", True, True),
        (0.30, days_later(created, wait * 0.6), "agent", False, False),
        (0.97, replied, "agent", True, False),
        (0.45, follow, "end_user", True, False),
        (0.60, np.where(none, days_later(replied, 1.0), solved), "agent", True, False),
    )
    parts = []
    for step, (share, at, role, is_public, is_bot) in enumerate(slots):
        keep = rng.random(len(tickets)) < share
        parts.append(
            pd.DataFrame(
                {
                    "ticket_id": tickets["ticket_id"].to_numpy()[keep],
                    "step": step,
                    "author_role_at_time": role,
                    "is_public": is_public,
                    "is_bot": is_bot,
                    "created_at": at[keep],
                }
            )
        )
    frame = pd.concat(parts).sort_values(["created_at", "ticket_id", "step"], ignore_index=True)
    frame["comment_id"] = ids("TC", np.arange(len(frame)) + 1)
    return frame
