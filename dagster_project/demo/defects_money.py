"""Planted defects of billing, marketing, usage and feedback tables, and the links between systems.

See `defects.py` for what `defect` and `mark` mean.
"""

import numpy as np
import pandas as pd

from dagster_project.demo.defects import clones, draw, duplicates, prepare
from dagster_project.demo.plan import Plan, World, days_later
from dagster_project.demo.vocabulary import FREE_MAIL


def plant_subscriptions(plan: Plan, world: World) -> None:
    """Plant defects among subscriptions, each with an item that must not count either."""
    rng = plan.rng("defects", "subscriptions")
    frame = prepare(world["subscriptions"], world["subscriptions"]["started_at"])
    frame.loc[frame["is_trial"].astype(bool), "mark"] = "trial"
    backward = clones(rng, frame, 0.006, "end_before_start", "subscription_id", "B")
    backward["ended_at"] = days_later(backward["started_at"].to_numpy(), -25.0)
    orphan = clones(rng, frame, 0.004, "orphan_customer", "subscription_id", "R")
    orphan["billing_customer_id"] = "BC99" + orphan["billing_customer_id"].str.slice(4)
    twice = duplicates(rng, frame, 0.004)
    overlap = _overlaps(frame)
    items = prepare(world["items"], world["items"]["valid_from"])
    extra = [
        _items_of(backward, items, "item_of_rejected_subscription"),
        _items_of(orphan, items, "item_of_orphan_subscription"),
        _items_of(overlap, items, None),
    ]
    statuses = prepare(world["statuses"], world["statuses"]["valid_from"])
    world["statuses"] = pd.concat([statuses, _active(overlap)], ignore_index=True)
    parts = [frame, backward, orphan, overlap, twice]
    world["subscriptions"] = pd.concat(parts, ignore_index=True)
    world["items"] = pd.concat([items, *extra], ignore_index=True)
    _plant_items(rng, world)


def _overlaps(frame: pd.DataFrame) -> pd.DataFrame:
    """Give short second subscriptions inside the last days of one that ended: kept, and noted.

    They begin and end inside one month, so that no month's closing MRR depends on them.
    """
    ended = frame["ended_at"]
    fits = ended.notna() & (ended.dt.day >= 14) & ~frame["is_trial"].astype(bool)
    fits &= (ended - frame["paid_from"]).dt.days > 40
    rows = frame[fits].iloc[::15].copy()
    rows["subscription_id"] = rows["subscription_id"].astype("object") + "O"
    rows["started_at"] = days_later(rows["ended_at"].to_numpy(), -9.0)
    rows["ended_at"] = days_later(rows["ended_at"].to_numpy(), -2.0)
    rows["paid_from"], rows["visible_at"] = rows["started_at"], rows["started_at"]
    rows["trial_days"] = 0
    rows["mark"] = "overlapping_subscription"
    return rows


def _items_of(subscriptions: pd.DataFrame, items: pd.DataFrame, kind: str | None) -> pd.DataFrame:
    """Give one recurring item per subscription, from its start on."""
    recurring = items[items["is_recurring"].astype(bool) & ~items["is_usage_based"].astype(bool)]
    model = recurring.drop_duplicates("subscription_id").set_index("subscription_id")
    rows = model.loc[subscriptions["subscription_id"].str.slice(0, -1)].reset_index(drop=True)
    name = subscriptions["subscription_id"].to_numpy(dtype=object)
    rows["subscription_id"] = name
    rows["subscription_item_id"] = "SI" + pd.Series(name)
    rows["valid_from"] = subscriptions["started_at"].to_numpy()
    ended = subscriptions["ended_at"].to_numpy()
    rows["valid_to"] = np.datetime64("NaT", "s") if kind else ended
    rows["visible_at"] = subscriptions["visible_at"].to_numpy()
    rows["defect"] = kind
    return rows


def _active(overlap: pd.DataFrame) -> pd.DataFrame:
    """Give the two statuses of a short subscription: active, then canceled."""
    none = np.full(len(overlap), np.datetime64("NaT"), dtype="datetime64[s]")
    parts = [
        ("active", overlap["started_at"].to_numpy(), overlap["ended_at"].to_numpy()),
        ("canceled", overlap["ended_at"].to_numpy(), none),
    ]
    frames = [
        prepare(
            pd.DataFrame(
                {
                    "subscription_id": overlap["subscription_id"].to_numpy(),
                    "status": status,
                    "valid_from": since,
                    "valid_to": until,
                }
            ),
            since,
        )
        for status, since, until in parts
    ]
    return pd.concat(frames, ignore_index=True)


def _plant_items(rng: np.random.Generator, world: World) -> None:
    items = world["items"]
    key = "subscription_item_id"
    negative = clones(rng, items, 0.004, "negative_amount", key, "G")
    negative["unit_amount"] = -negative["unit_amount"].abs()
    orphan = clones(rng, items, 0.004, "orphan_subscription", key, "R")
    orphan["subscription_id"] = "S99" + orphan["subscription_id"].str.slice(3)
    parts = [items, negative, orphan, duplicates(rng, items, 0.003)]
    world["items"] = pd.concat(parts, ignore_index=True)


def plant_invoices(plan: Plan, world: World) -> None:
    """Plant defects among invoices; a few keep a date in another format."""
    rng = plan.rng("defects", "invoices")
    frame = prepare(world["invoices"], world["invoices"]["issued_on"])
    odd = draw(rng, frame, 0.03).index
    frame.loc[odd, "mark"] = "mixed_date_format"
    negative = clones(rng, frame, 0.002, "negative_amount", "invoice_id", "G")
    negative["amount"] = -negative["amount"].abs() - 1
    no_rate = clones(rng, frame, 0.001, "currency_without_rate", "invoice_id", "C")
    no_rate["currency"] = "CHF"
    parts = [frame, negative, no_rate, duplicates(rng, frame, 0.002)]
    world["invoices"] = pd.concat(parts, ignore_index=True)


def plant_spend(plan: Plan, world: World) -> None:
    """Plant negative spend and a misspelt category."""
    rng = plan.rng("defects", "spend")
    frame = prepare(world["spend"], world["spend"]["spend_date"])
    frame["category_spelt"] = None
    people = frame.index[frame["category"] == "people"][:: max(len(frame) // 40, 2)]
    frame.loc[people, "category_spelt"] = "poeple"
    frame.loc[people, "mark"] = "misspelt_category"
    negative = draw(rng, frame, 0.005)
    negative["amount"] = -negative["amount"].abs()
    # a booking of its own, not a second version of a right one
    negative["campaign_id"] = "K9-99"
    negative["product_id"] = "beacon"
    negative = negative.drop_duplicates(["spend_date", "channel", "category"])
    negative["defect"] = "negative_amount"
    world["spend"] = pd.concat([frame, negative], ignore_index=True)


def plant_usage(plan: Plan, world: World) -> None:
    """Mark internal users, and workspaces that only a free-mail domain describes."""
    rng = plan.rng("defects", "usage")
    frame = prepare(world["workspaces"], world["workspaces"]["created_at"])
    frame["shown_domain"] = frame["domain"]
    free = frame.index[(frame["link"] == "domain") & (rng.random(len(frame)) < 0.15)]
    frame.loc[free, "mark"] = "free_mail_domain"
    frame.loc[free, "shown_domain"] = FREE_MAIL[0]
    world["workspaces"] = frame
    users = prepare(world["users"], world["users"]["created_at"])
    users.loc[users["is_internal"].astype(bool), "mark"] = "internal_user"
    world["users"] = users


def plant_surveys(plan: Plan, world: World) -> None:
    """Plant answers of companies that the CRM has never heard of."""
    rng = plan.rng("defects", "surveys")
    frame = prepare(world["surveys"], world["surveys"]["submitted_at"])
    orphan = clones(rng, frame, 0.003, "orphan_account", "response_id", "R")
    orphan["account_id"] = "A99" + orphan["account_id"].str.slice(3)
    world["surveys"] = pd.concat([frame, orphan], ignore_index=True)


def make_customers(plan: Plan, world: World) -> pd.DataFrame:
    """Give one billing customer per account with a subscription; every one can be matched."""
    rng = plan.rng("billing_customers")
    first = world["subscriptions"].sort_values("started_at").drop_duplicates("account")
    first = first.sort_values(["started_at", "account"], ignore_index=True)
    rows = first["account"].to_numpy()
    accounts = world["accounts"]
    draws = rng.random(len(first))
    link = np.where(draws < 0.85, "crm_id", np.where(draws < 0.96, "domain", "link_table"))
    # a free-mail domain in the CRM matches nothing: such a customer carries the CRM id
    plain = accounts["mark"].to_numpy()[rows] != "free_mail_domain"
    return pd.DataFrame(
        {
            "billing_customer_id": first["billing_customer_id"].to_numpy(),
            "account_id": first["account_id"].to_numpy(),
            "name": accounts["name"].to_numpy()[rows],
            "domain": accounts["domain"].to_numpy()[rows],
            "currency": first["currency"].to_numpy(),
            "link": np.where(plain, link, "crm_id"),
            "created_at": first["started_at"].to_numpy(),
        }
    )


def make_links(world: World) -> pd.DataFrame:
    """Give the explicit links of workspaces and billing customers that carry nothing else."""
    parts = []
    for system, table, key in (
        ("product", "workspaces", "workspace_id"),
        ("billing", "customers", "billing_customer_id"),
    ):
        rows = world[table][world[table]["link"] == "link_table"]
        parts.append(
            pd.DataFrame(
                {
                    "linked_system": system,
                    "linked_key": rows[key].to_numpy(),
                    "account_id": rows["account_id"].to_numpy(),
                    "created_at": rows["created_at"].to_numpy(),
                }
            )
        )
    return pd.concat(parts).sort_values(["created_at", "linked_key"], ignore_index=True)
