"""Plans every table of the sample, a year past its end, and writes each to the state.

Groups that nothing later needs are let go as soon as they are written: at 200,000 accounts all of
them together would not fit the memory that the sample may take.
"""

import numpy as np
import pandas as pd

from dagster_project.demo import accounts as companies
from dagster_project.demo import (
    billing,
    cross_sell,
    deals,
    defects,
    defects_money,
    feedback,
    marketing,
    people,
    support,
    usage,
)
from dagster_project.demo.events import Usage, make_usage
from dagster_project.demo.invoices import make_invoices
from dagster_project.demo.plan import Plan, World
from dagster_project.demo.state import State


def plan_world(plan: Plan, state: State) -> Usage:
    """Plan and save every table, defects included; give the plan of the events to be drawn."""
    clean = companies.make_accounts(plan)
    new = deals.make_deals(plan, clean)
    sold = pd.concat([new, cross_sell.make_cross_sells(plan, clean, new)], ignore_index=True)
    contracts = billing.make_subscriptions(plan, clean, sold)
    follow = cross_sell.make_follow_ons(plan, clean, contracts[~contracts["is_trial"].astype(bool)])
    every = pd.concat([sold, follow], ignore_index=True)
    every["campaign_id"] = cross_sell.campaign_ids(plan, every)
    state.save(_people(plan, clean, every))
    state.save(_support(plan, clean, contracts))
    state.save(_feedback(plan, clean, contracts))
    state.save(_marketing(plan))
    app = _usage(plan, clean, sold, contracts)
    state.save(app)
    events = make_usage(plan, app["workspaces"], app["users"])
    app.pop("users")
    stages = deals.make_stage_history(plan, every)
    order = np.argsort(stages["entered_at"].to_numpy(), kind="stable")
    state.save({"stage_history": stages.iloc[order]})
    _save_core(plan, state, {"accounts": clean, "deals": every, **app}, contracts)
    return events


def _people(plan: Plan, clean: pd.DataFrame, every: pd.DataFrame) -> World:
    world: World = {"contacts": people.make_contacts(plan, clean)}
    world["contact_roles"] = people.make_contact_roles(plan, world["contacts"], every)
    world["leads"] = people.make_leads(plan, clean, every)
    world["account_changes"] = companies.make_account_changes(plan, clean)
    defects.plant_contacts(plan, world)
    return world


def _support(plan: Plan, clean: pd.DataFrame, contracts: pd.DataFrame) -> World:
    world: World = {"organizations": support.make_organizations(plan, contracts, clean)}
    world["tickets"] = support.make_tickets(plan, clean, contracts)
    world["comments"] = support.make_comments(plan, world["tickets"])
    defects.plant_support(plan, world)
    return world


def _feedback(plan: Plan, clean: pd.DataFrame, contracts: pd.DataFrame) -> World:
    world: World = {
        "surveys": feedback.make_surveys(plan, clean, contracts),
        "signals": feedback.make_signals(plan, clean),
        "technologies": feedback.make_technologies(plan, clean),
    }
    defects_money.plant_surveys(plan, world)
    return world


def _marketing(plan: Plan) -> World:
    world: World = {
        "campaigns": marketing.make_campaigns(plan),
        "spend": marketing.make_spend(plan),
        "fx_rates": marketing.make_fx_rates(plan),
    }
    defects_money.plant_spend(plan, world)
    return world


def _usage(plan: Plan, clean: pd.DataFrame, sold: pd.DataFrame, contracts: pd.DataFrame) -> World:
    world: World = {"workspaces": usage.make_workspaces(plan, clean, sold, contracts)}
    world["users"] = usage.make_users(plan, world["workspaces"])
    defects_money.plant_usage(plan, world)
    return world


def _save_core(plan: Plan, state: State, world: World, contracts: pd.DataFrame) -> None:
    """Plant the defects of accounts, deals and contracts, which touch one another."""
    defects.plant_accounts(plan, world)
    defects.plant_deals(plan, world)
    world["subscriptions"] = contracts
    world["customers"] = defects_money.make_customers(plan, world)
    world["account_links"] = defects_money.make_links(world)
    world.pop("workspaces")
    world["items"] = billing.make_items(plan, contracts)
    world["statuses"] = billing.make_statuses(contracts)
    world["invoices"] = make_invoices(plan, contracts, world["items"])
    defects_money.plant_subscriptions(plan, world)
    defects_money.plant_invoices(plan, world)
    state.save(world)
