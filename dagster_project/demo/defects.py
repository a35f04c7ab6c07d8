"""Planted defects of CRM and support tables: rows that must be caught, and rows that must be kept.

`defect` names why a row is wrong (null on clean rows); `mark` names an oddity of a row that is
right. Both are counted in the answer key and exported nowhere.
"""

import numpy as np
import pandas as pd

from dagster_project.demo.plan import Plan, World, days_later
from dagster_project.demo.vocabulary import FREE_MAIL, MISSPELT_INDUSTRY

#: a slip of the keyboard, decades ahead: in the future whenever the sample is read
FUTURE_DAYS = 7305.0
FEW = 5


def spread(rng: np.random.Generator, rows: np.ndarray, count: int) -> np.ndarray:
    """Choose rows evenly along their order, which is time: a tiny sample has early ones too."""
    count = min(count, len(rows))
    edges = np.linspace(0, len(rows), count + 1)
    if 1 < count <= FEW:
        # of a handful, one must lie well before the end of even the shortest sample
        edges[1] = 0.12 * len(rows)
    at = (edges[:-1] + rng.random(count) * np.diff(edges)).astype(int)
    return rows[at]


def draw(rng: np.random.Generator, frame: pd.DataFrame, share: float) -> pd.DataFrame:
    """Give a copy of some clean rows: at least three, for a tiny sample too."""
    clean = (frame["defect"].isna() & frame["mark"].isna()).to_numpy()
    order = np.argsort(frame["visible_at"].to_numpy(), kind="stable")
    rows = order[clean[order]]
    return frame.iloc[np.sort(spread(rng, rows, max(3, round(share * len(rows)))))].copy()


def clones(
    rng: np.random.Generator, frame: pd.DataFrame, share: float, kind: str, key: str, letter: str
) -> pd.DataFrame:
    """Give copies of clean rows under identifiers of their own."""
    rows = draw(rng, frame, share)
    rows[key] = rows[key].astype("object") + letter
    rows["defect"] = kind
    return rows


def duplicates(rng: np.random.Generator, frame: pd.DataFrame, share: float) -> pd.DataFrame:
    """Give older versions of clean rows under the same identifiers."""
    rows = draw(rng, frame, share)
    rows["defect"] = "duplicate_key"
    rows["is_stale_copy"] = True
    return rows


def prepare(frame: pd.DataFrame, visible_at: np.ndarray | pd.Series) -> pd.DataFrame:
    """Add the columns every exported table has: when it appears, and what is wrong with it."""
    frame = frame.copy()
    frame["visible_at"] = np.asarray(visible_at).astype("datetime64[s]")
    frame["defect"] = pd.Series([None] * len(frame), dtype="object", index=frame.index)
    frame["mark"] = pd.Series([None] * len(frame), dtype="object", index=frame.index)
    frame["is_stale_copy"] = False
    frame["is_deleted"] = False
    return frame


def _mark(
    rng: np.random.Generator, frame: pd.DataFrame, eligible: np.ndarray, share: float, name: str
) -> np.ndarray:
    """Mark some eligible, unmarked rows (at least two) and give their positions."""
    free = np.flatnonzero(eligible & frame["mark"].isna().to_numpy())
    chosen = spread(rng, free, max(2, round(share * len(frame))))
    frame.iloc[chosen, frame.columns.get_loc("mark")] = name
    return chosen


def plant_accounts(plan: Plan, world: World) -> None:
    """Plant defects among accounts, and move some deals to accounts that were merged away."""
    rng = plan.rng("defects", "accounts")
    frame = prepare(world["accounts"], world["accounts"]["created_at"])
    frame["merged_into_id"] = None
    frame["vanishes"] = False
    frame["industry_spelt"] = None
    frame["shown_domain"] = frame["domain"]
    frame["employees_text"] = None
    _mark_accounts(rng, frame)
    merged = clones(rng, frame, 0.008, "merged", "account_id", "M")
    merged["merged_into_id"] = merged["account_id"].str.slice(0, -1)
    merged["name"] = merged["name"] + " (old record)"
    gone = clones(rng, frame, 0.003, "deleted_at_source", "account_id", "D")
    gone["is_deleted"] = True
    vanished = clones(rng, frame, 0.003, "vanished_from_dump", "account_id", "V")
    vanished["vanishes"] = True
    future = clones(rng, frame, 0.001, "future_date", "account_id", "F")
    future["created_at"] = days_later(future["created_at"].to_numpy(), FUTURE_DAYS)
    nameless = clones(rng, frame, 0.0005, "missing_required", "account_id", "N")
    nameless["account_id"] = None
    for part, letter in ((gone, "d"), (vanished, "v"), (future, "f"), (nameless, "n")):
        part["shown_domain"] = letter + "-" + part["domain"]
        part["parent"] = -1
    twice = duplicates(rng, frame, 0.004)
    world["accounts"] = pd.concat(
        [frame, merged, gone, vanished, future, nameless, twice], ignore_index=True
    )
    moved = merged["account_id"].to_numpy()[::2]
    to_loser = {name[:-1]: name for name in moved}
    deals = world["deals"]
    deals["account_id"] = deals["account_id"].map(to_loser).fillna(deals["account_id"])


def _mark_accounts(rng: np.random.Generator, frame: pd.DataFrame) -> None:
    spelt = frame["industry"].isin(MISSPELT_INDUSTRY).to_numpy() & ~frame["missing_industry"]
    rows = _mark(rng, frame, spelt.to_numpy(), 0.012, "misspelt_category")
    wrong = frame["industry"].iloc[rows].map(MISSPELT_INDUSTRY).to_numpy()
    frame.iloc[rows, frame.columns.get_loc("industry_spelt")] = wrong
    everyone = np.ones(len(frame), dtype=bool)
    rows = _mark(rng, frame, everyone, 0.012, "free_mail_domain")
    mail = np.array(FREE_MAIL, dtype=object)[rng.integers(0, len(FREE_MAIL), len(rows))]
    frame.iloc[rows, frame.columns.get_loc("shown_domain")] = mail
    unknown = frame["missing_employees"].to_numpy(dtype=bool)
    rows = _mark(rng, frame, unknown, 0.001, "unparsable_number")
    frame.iloc[rows, frame.columns.get_loc("employees_text")] = "n/a"


def plant_deals(plan: Plan, world: World) -> None:
    """Plant defects among deals, and give some clean deals a second account."""
    rng = plan.rng("defects", "deals")
    frame = prepare(world["deals"], world["deals"]["created_at"])
    key = "opportunity_id"
    orphan = clones(rng, frame, 0.003, "orphan_account", key, "R")
    orphan["account_id"] = "A99" + orphan["account_id"].str.slice(3)
    negative = clones(rng, frame, 0.002, "negative_amount", key, "G")
    negative["amount"] = -negative["amount"].abs() - 1
    future = clones(rng, frame, 0.001, "future_date", key, "F")
    for column in ("created_at", "closed_at"):
        future[column] = days_later(future[column].to_numpy(), FUTURE_DAYS)
    no_rate = clones(rng, frame, 0.002, "currency_without_rate", key, "C")
    no_rate["currency"] = "CHF"
    gone = clones(rng, frame, 0.003, "deleted_at_source", key, "D")
    gone["is_deleted"] = True
    no_stage = clones(rng, frame, 0.001, "missing_required", key, "N")
    backward = clones(rng, frame, 0.002, "end_before_start", key, "B")
    # closed weeks before it was opened: seen at once, since closing lies in the past
    backward["closed_at"] = days_later(backward["created_at"].to_numpy(), -20.0)
    twice = duplicates(rng, frame, 0.004)
    new = (frame["opportunity_type"] == "new").to_numpy()
    rows = _mark(rng, frame, new, 0.01, "deal_on_two_accounts")
    world["opportunity_accounts"] = _second_accounts(rng, world, frame.iloc[rows])
    parts = [frame, orphan, negative, future, no_rate, gone, no_stage, backward, twice]
    world["deals"] = pd.concat(parts, ignore_index=True)


def _second_accounts(rng: np.random.Generator, world: World, shared: pd.DataFrame) -> pd.DataFrame:
    accounts = world["accounts"]
    clean = accounts[accounts["defect"].isna()]
    old = clean["account_id"].to_numpy()[: max(len(clean) // 4, 1)]
    first = shared[["opportunity_id", "account_id", "visible_at"]].assign(is_primary=True)
    # the oldest quarter of the accounts exists before any deal is made
    second = first.assign(account_id=rng.choice(old, len(first)), is_primary=False)
    second = second[second["account_id"].to_numpy() != first["account_id"].to_numpy()]
    both = pd.concat([first, second]).sort_values(
        ["visible_at", "opportunity_id", "is_primary"], ascending=[True, True, False]
    )
    return prepare(both.reset_index(drop=True), both["visible_at"])


def plant_contacts(plan: Plan, world: World) -> None:
    """Plant duplicates and orphans among contacts."""
    rng = plan.rng("defects", "contacts")
    frame = prepare(world["contacts"], world["contacts"]["created_at"])
    orphan = clones(rng, frame, 0.002, "orphan_account", "contact_id", "R")
    orphan["account_id"] = "A99" + orphan["account_id"].str.slice(3)
    parts = [frame, orphan, duplicates(rng, frame, 0.003)]
    world["contacts"] = pd.concat(parts, ignore_index=True)


def plant_support(plan: Plan, world: World) -> None:
    """Plant defects among tickets and comments."""
    rng = plan.rng("defects", "support")
    frame = prepare(world["tickets"], world["tickets"]["created_at"])
    orphan = clones(rng, frame, 0.002, "orphan_organization", "ticket_id", "R")
    orphan["organization_id"] = "org_99" + orphan["organization_id"].str.slice(6)
    backward = clones(rng, frame, 0.002, "end_before_start", "ticket_id", "B")
    backward["solved_at"] = days_later(backward["created_at"].to_numpy(), -3.0)
    backward["rated_at"] = np.datetime64("NaT", "s")
    future = clones(rng, frame, 0.001, "future_date", "ticket_id", "F")
    for column in ("created_at", "replied_at", "solved_at", "rated_at"):
        future[column] = days_later(future[column].to_numpy(), FUTURE_DAYS)
    parts = [frame, orphan, backward, future, duplicates(rng, frame, 0.003)]
    world["tickets"] = pd.concat(parts, ignore_index=True)
    comments = prepare(world["comments"], world["comments"]["created_at"])
    lost = clones(rng, comments, 0.001, "orphan_ticket", "comment_id", "R")
    lost["ticket_id"] = "T99" + lost["ticket_id"].str.slice(3)
    world["comments"] = pd.concat([comments, lost], ignore_index=True)
