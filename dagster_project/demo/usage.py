"""Workspaces and users of the product, and the plan by which their events are drawn.

Events themselves are in `events.py`: they are drawn day by day and never held together.
"""

import numpy as np
import pandas as pd

from dagster_project.demo.people import full_names
from dagster_project.demo.plan import Plan, days_later, ids, midnight, pick, seconds, within

MAX_USERS = 40
TRIAL_DAYS = 30


def make_workspaces(
    plan: Plan, accounts: pd.DataFrame, deals: pd.DataFrame, subscriptions: pd.DataFrame
) -> pd.DataFrame:
    """Give one workspace per account and product bought, and some of deals that were lost.

    `active_from` and `active_to` (exclusive) bound its usage; `value_from` is the day of the first
    value event, null when it never comes.
    """
    rng = plan.rng("workspaces")
    paying = subscriptions[~subscriptions["is_trial"].astype(bool)]
    grouped = paying.sort_values("started_at", kind="stable").groupby(
        ["account", "product_id"], sort=False
    )
    bought = grouped.agg(
        created_at=("started_at", "first"),
        ended_at=("ended_at", "last"),
        seats=("seats", "first"),
        plan=("plan", "first"),
        inside=("inside", "first"),
    ).reset_index()
    tried = _trials(deals, bought, rng)
    frame = pd.concat([bought, tried], ignore_index=True)
    frame = frame[frame["created_at"] < seconds(plan.horizon)]
    frame = frame.sort_values(["created_at", "account", "product_id"], ignore_index=True)
    _finish(plan, frame, accounts, rng)
    return frame


def _trials(deals: pd.DataFrame, bought: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    lost = deals[(deals["opportunity_type"] == "new") & ~deals["is_won"]]
    lost = lost[rng.random(len(lost)) < 0.15].drop_duplicates(["account", "product_id"])
    keys = set(zip(bought["account"], bought["product_id"], strict=True))
    free = [pair not in keys for pair in zip(lost["account"], lost["product_id"], strict=True)]
    lost = lost[free]
    created = days_later(lost["created_at"].to_numpy(), 3.0)
    return pd.DataFrame(
        {
            "account": lost["account"].to_numpy(),
            "product_id": lost["product_id"].to_numpy(),
            "created_at": created,
            "ended_at": days_later(created, float(TRIAL_DAYS)),
            "seats": 3,
            "plan": "trial",
            "inside": lost["inside"].to_numpy(),
        }
    )


def _finish(
    plan: Plan, frame: pd.DataFrame, accounts: pd.DataFrame, rng: np.random.Generator
) -> None:
    count = len(frame)
    inside = frame["inside"].to_numpy(dtype=bool)
    rows = frame["account"].to_numpy()
    frame["account_id"] = accounts["account_id"].to_numpy()[rows]
    frame["name"] = accounts["name"].to_numpy()[rows]
    frame["domain"] = accounts["domain"].to_numpy()[rows]
    frame["workspace_id"] = ids("ws_", np.arange(count) + 1)
    frame["user_count"] = np.clip(frame["seats"].to_numpy(), 1, MAX_USERS).astype(int)
    frame["first_user"] = np.cumsum(frame["user_count"]) - frame["user_count"]
    # sign-up follows the contract by hours; usage starts the day after, so never before it
    created = days_later(frame["created_at"].to_numpy(), 0.35 + 0.3 * rng.random(count))
    frame["created_at"] = created
    frame["active_from"] = days_later(midnight(created), 1.0)
    horizon_end = days_later(seconds(plan.horizon), 1.0)
    frame["active_to"] = midnight(frame["ended_at"].fillna(pd.Timestamp(horizon_end)).to_numpy())
    frame["intensity"] = frame["user_count"] ** 0.8 * np.exp(rng.normal(0, 0.5, count))
    lag = np.round(np.where(inside, 9, 24) * np.exp(rng.normal(0, 0.8, count)))
    value_from = days_later(frame["active_from"].to_numpy(), lag)
    never = rng.random(count) < np.where(inside, 0.08, 0.22)
    reached = ~never & (value_from < frame["active_to"].to_numpy())
    frame["value_from"] = np.where(reached, value_from, np.datetime64("NaT"))
    draw = rng.random(count)
    # most workspaces carry the CRM id, some only a domain, a few are known to a link table alone
    frame["link"] = np.where(draw < 0.85, "crm_id", np.where(draw < 0.96, "domain", "link_table"))


def make_users(plan: Plan, workspaces: pd.DataFrame) -> pd.DataFrame:
    """Give one row per user. User numbers follow the workspace's `first_user`."""
    rng = plan.rng("users")
    sizes = workspaces["user_count"].to_numpy()
    row = np.repeat(np.arange(len(workspaces)), sizes)
    step = within(sizes)
    _, local = full_names(rng, len(row))
    number = pd.Series(step).astype("str").to_numpy(dtype=object)
    # all are invited on the first day; usage starts the day after
    created = days_later(workspaces["created_at"].to_numpy()[row], step * 0.005)
    return pd.DataFrame(
        {
            "user_id": ids("u_", np.arange(len(row)), 8),
            "workspace_id": workspaces["workspace_id"].to_numpy()[row],
            "email": local + number + "@" + workspaces["domain"].to_numpy(dtype=object)[row],
            "role": np.where(step == 0, "admin", pick(rng, ("member", "viewer"), len(row))),
            # our own people help inside customers' workspaces: not the customer's usage
            "is_internal": (step == 2) & (rng.random(len(row)) < 0.04),
            "created_at": created,
        }
    )
