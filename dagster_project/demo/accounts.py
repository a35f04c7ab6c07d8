"""Companies: their attributes, technologies, hierarchy, and what the planted truth says of them.

Rows are sorted by creation, so a row number doubles as the account's key inside the generator.
"""

import numpy as np
import pandas as pd

from dagster_project.demo.plan import Plan, days_later, ids, pick, pick_by_row, seconds
from dagster_project.demo.vocabulary import (
    BUSINESS_MODELS,
    COUNTRIES,
    FIRST_WORDS,
    GROWTH_STAGES,
    HARBOR_INDUSTRIES,
    INDUSTRIES,
    REPS,
    TECHNOLOGIES,
)

#: share of each attribute that the CRM does not hold
MISSING = {
    "industry": 0.03,
    "sub_industry": 0.40,
    "employees": 0.10,
    "annual_revenue": 0.20,
    "founded_year": 0.18,
    "growth_stage": 0.12,
    "business_model": 0.10,
}
HARBOR_EMPLOYEES = (200, 1000)
ANTI_EMPLOYEES_BELOW = 20


def make_accounts(plan: Plan) -> pd.DataFrame:
    """Give one row per account, true values in the plain columns and `missing_<x>` beside them."""
    rng = plan.rng("accounts")
    frame = _identity(plan, rng)
    frame["region"] = [COUNTRIES[country][0] for country in frame["country"]]
    frame["currency"] = [COUNTRIES[country][1] for country in frame["country"]]
    _add_size_and_model(frame, rng)
    _add_technologies(frame, rng)
    _add_truth(frame)
    frame["owner_id"] = _owners(frame, rng)
    frame["is_partner"] = rng.random(len(frame)) < 0.02
    for column, share in MISSING.items():
        frame[f"missing_{column}"] = rng.random(len(frame)) < share
    return frame


def _identity(plan: Plan, rng: np.random.Generator) -> pd.DataFrame:
    created = _creation_times(plan, rng)
    count = len(created)
    codes = rng.choice(len(INDUSTRIES), size=count, p=[row.share for row in INDUSTRIES])
    first = rng.choice(len(FIRST_WORDS), size=count)
    word = rng.integers(0, 3, size=count)
    number = np.arange(count)
    words = np.array([row.words for row in INDUSTRIES], dtype=object)[codes, word]
    subs = np.array([row.sub_industries for row in INDUSTRIES], dtype=object)[codes, word]
    names = pd.Series(np.array(FIRST_WORDS, dtype=object)[first]).astype("str")
    ascii_names = names.str.replace("ü", "ue").str.replace("Ø", "O").str.lower()
    suffix = pd.Series(number).astype("str")
    tail = pd.Series(words).astype("str")
    countries = list(COUNTRIES)
    return pd.DataFrame(
        {
            "account_id": ids("A", number + 1),
            "name": names + " " + tail + " " + suffix,
            "domain": ascii_names + tail.str.lower() + suffix + ".example",
            "industry_code": codes,
            "industry": np.array([row.slug for row in INDUSTRIES], dtype=object)[codes],
            "sub_industry": subs,
            "country": pick(rng, countries, count, [COUNTRIES[name][2] for name in countries]),
            "parent": _parents(count, rng),
            "created_at": created,
        }
    )


def _creation_times(plan: Plan, rng: np.random.Generator) -> np.ndarray:
    """Give sorted times: exactly `plan.accounts` by the end, then a year of newcomers."""
    start, end = seconds(plan.start), seconds(plan.end)
    early = round(plan.accounts * 0.35)
    window = (end - start).astype(float) / 86400
    before = days_later(start, -rng.random(early) * 1100)
    inside = days_later(start, rng.random(plan.accounts - early) * window)
    later = round(plan.accounts * 0.65 * 365 / window)
    after = days_later(end, 1 + rng.random(later) * 363)
    return np.sort(np.concatenate([before, inside, after]))


def _parents(count: int, rng: np.random.Generator) -> np.ndarray:
    """Give the parent's row or -1. A parent is always older, so there are no cycles."""
    rows = np.arange(count)
    parent = (rng.random(count) * np.maximum(rows * 0.4, 1)).astype(int)
    is_subsidiary = (rng.random(count) < 0.12) & (rows > 20)
    return np.where(is_subsidiary, parent, -1)


def _add_size_and_model(frame: pd.DataFrame, rng: np.random.Generator) -> None:
    count = len(frame)
    code = frame["industry_code"].to_numpy()
    median = np.array([row.median_employees for row in INDUSTRIES])[code]
    employees = np.clip(np.round(median * np.exp(rng.normal(0, 0.75, count))), 1, 20000)
    frame["employees"] = employees.astype(int)
    frame["annual_revenue"] = np.round(employees * 140_000 * np.exp(rng.normal(0, 0.5, count)), -3)
    share = np.array([row.subscription_share for row in INDUSTRIES])[code]
    other = (1 - share)[:, None] * np.array([[0.5, 0.35, 0.15]])
    frame["business_model"] = pick_by_row(rng, BUSINESS_MODELS, np.column_stack([share, other]))
    small = (employees < 200).astype(float)
    stages = np.column_stack(
        [0.25 * small + 0.02, np.full(count, 0.24), np.full(count, 0.30), 0.35 - 0.2 * small]
    )
    frame["growth_stage"] = pick_by_row(rng, GROWTH_STAGES, stages)
    age = np.round(rng.gamma(3.0, 8.0, count) + 12 * np.isin(frame["industry"], HARBOR_INDUSTRIES))
    frame["founded_year"] = 2024 - np.clip(age, 1, 120).astype(int)


def _add_technologies(frame: pd.DataFrame, rng: np.random.Generator) -> None:
    """Add one flag per technology; the second and fourth are decoys of the first and third."""
    count = len(frame)
    is_logistics = frame["industry"].isin(HARBOR_INDUSTRIES).to_numpy()
    in_band = frame["employees"].between(*HARBOR_EMPLOYEES).to_numpy()
    is_subscription = (frame["business_model"] == "subscription").to_numpy()
    routewise = rng.random(count) < np.where(is_logistics, np.where(in_band, 0.64, 0.42), 0.05)
    tallyhook = rng.random(count) < np.where(is_subscription, 0.46, 0.20)
    chances = (
        None,
        np.where(routewise, 0.55, 0.12),
        None,
        np.where(tallyhook, 0.50, 0.15),
        0.25,
        0.20,
        0.22,
        np.where(frame["employees"] > 500, 0.35, 0.12),
    )
    for name, chance in zip(TECHNOLOGIES, chances, strict=True):
        known = routewise if name == TECHNOLOGIES[0] else tallyhook
        frame[f"uses_{name}"] = known if chance is None else rng.random(count) < chance


def _add_truth(frame: pd.DataFrame) -> None:
    """Add the planted ICPs; nothing of this is ever exported."""
    frame["inside_harbor"] = (
        frame["industry"].isin(HARBOR_INDUSTRIES)
        & frame["employees"].between(*HARBOR_EMPLOYEES)
        & frame["uses_RouteWise TMS"]
    )
    frame["ledger_criteria"] = (
        (frame["business_model"] == "subscription").astype(int)
        + (frame["growth_stage"] == "scale_up").astype(int)
        + frame["uses_Tallyhook Payments"].astype(int)
    )
    frame["inside_ledger"] = frame["ledger_criteria"] >= 2
    frame["inside_beacon"] = False
    frame["is_anti"] = (frame["industry"] == "marketing_agency") & (
        frame["employees"] < ANTI_EMPLOYEES_BELOW
    )


def _owners(frame: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Give reps by region; inside a region two of four work logistics much more than the rest."""
    region = frame["region"].map({"EMEA": 0, "AMER": 4, "APAC": 8}).to_numpy()
    is_logistics = frame["industry"].isin(HARBOR_INDUSTRIES).to_numpy()
    focused = rng.random(len(frame)) < np.where(is_logistics, 0.75, 0.30)
    desk = np.where(focused, 0, 2) + rng.integers(0, 2, len(frame))
    return np.array(REPS, dtype=object)[region + desk]


def make_account_changes(plan: Plan, accounts: pd.DataFrame) -> pd.DataFrame:
    """Give one row per changed field value, the first value included, as the CRM's field history.

    Changes never move an account into or out of a planted ICP.
    """
    rng = plan.rng("account_changes")
    horizon = seconds(plan.horizon)
    parts = []
    for field, share in (("employees", 0.16), ("growth_stage", 0.30)):
        eligible = ~accounts[f"missing_{field}"].to_numpy() & (rng.random(len(accounts)) < share)
        if field == "growth_stage":
            eligible &= (accounts["growth_stage"] == "established").to_numpy()
        rows = np.flatnonzero(eligible)
        created = accounts["created_at"].to_numpy()[rows]
        span = (horizon - created).astype(float) / 86400
        changed = days_later(created, span * (0.1 + 0.9 * rng.random(len(rows))))
        lag = np.where(rng.random(len(rows)) < 0.2, rng.random(len(rows)) * 20, 0.0)
        first = accounts[field].to_numpy()[rows]
        parts.append(_changes(rows, field, first.astype(str), created, created))
        new = _grown(first, rng) if field == "employees" else np.full(len(rows), "mature")
        parts.append(_changes(rows, field, new.astype(str), changed, days_later(changed, lag)))
    frame = pd.concat(parts, ignore_index=True)
    frame["account_id"] = accounts["account_id"].to_numpy()[frame["account"]]
    return frame.sort_values(["known_at", "account", "field"], ignore_index=True)


def _changes(
    rows: np.ndarray, field: str, value: np.ndarray, changed: np.ndarray, known: np.ndarray
) -> pd.DataFrame:
    return pd.DataFrame(
        {"account": rows, "field": field, "value": value, "changed_at": changed, "known_at": known}
    )


def _grown(employees: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Grow by up to a third, staying on the same side of every planted boundary."""
    grown = np.round(employees * (1.05 + 0.3 * rng.random(len(employees)))).astype(int)
    for edge in (ANTI_EMPLOYEES_BELOW - 1, HARBOR_EMPLOYEES[0] - 1, HARBOR_EMPLOYEES[1]):
        grown = np.where((employees <= edge) & (grown > edge), edge, grown)
    return grown
