"""The account-level attributes that criteria and segments may use, each with its policy.

An attribute belongs here when `int_account_attributes` (or the forbidden list) knows it.
"""

from dataclasses import dataclass
from typing import Literal

Dimension = Literal[
    "firmographic",
    "technographic",
    "behavioural",
    "value",
    "use_case",
    "trigger",
    "decision_authority",
    "pain_proof",
]
#: Dimensions that say what a criterion *means*; an attribute of any dimension may stand for them.
MEANINGS: frozenset[str] = frozenset({"use_case", "trigger", "decision_authority", "pain_proof"})

ValueType = Literal["text", "number", "boolean"]
Policy = Literal["observed", "assumed_static", "forbidden"]


@dataclass(frozen=True)
class Attribute:
    """One attribute of an account.

    `observed` values carry the time since when they were known; `assumed_static` ones hold for all
    times; `forbidden` ones follow from the outcome, so a score that used them would predict the
    past. Those with `is_segmentable` may still cut reports into segments.
    """

    name: str
    dimension: Dimension
    value_type: ValueType
    policy: Policy
    description: str
    is_multi_valued: bool = False
    is_segmentable: bool = True


_OUTCOME = "only customers have it, so it repeats the outcome"
_OURS = "it is written by this pipeline"
_HUMAN = "sales set it because a deal was won or worked"

_ALL = (
    Attribute("industry", "firmographic", "text", "observed", "Industry as in the CRM"),
    Attribute("sub_industry", "firmographic", "text", "observed", "Sub-industry as in the CRM"),
    Attribute("employees", "firmographic", "number", "observed", "Number of employees"),
    Attribute(
        "annual_revenue", "firmographic", "number", "observed", "Yearly revenue, reporting currency"
    ),
    Attribute("country", "firmographic", "text", "assumed_static", "Country of the headquarters"),
    Attribute("region", "firmographic", "text", "assumed_static", "Sales region"),
    Attribute("founded_year", "firmographic", "number", "assumed_static", "Year of foundation"),
    Attribute("growth_stage", "firmographic", "text", "observed", "Funding or growth stage"),
    Attribute("business_model", "firmographic", "text", "assumed_static", "How it earns money"),
    Attribute(
        "technology",
        "technographic",
        "text",
        "observed",
        "Technologies in use; one account has several",
        is_multi_valued=True,
    ),
    Attribute("seats", "behavioural", "number", "observed", "Seats over all workspaces"),
    Attribute("active_users_28d", "behavioural", "number", "observed", "Users active in 28 days"),
    Attribute("features_used_28d", "behavioural", "number", "observed", "Features used in 28 days"),
    Attribute("current_mrr", "value", "number", "forbidden", f"Current MRR: {_OUTCOME}"),
    Attribute("value_tier", "value", "text", "forbidden", f"Band of current MRR: {_OUTCOME}"),
    Attribute("primary_product", "value", "text", "forbidden", f"Largest by MRR: {_OUTCOME}"),
    Attribute(
        "is_customer",
        "value",
        "boolean",
        "forbidden",
        f"Pays now: {_OUTCOME}",
        is_segmentable=False,
    ),
    Attribute(
        "account_type", "value", "text", "forbidden", f"CRM type: {_HUMAN}", is_segmentable=False
    ),
    Attribute("owner_id", "value", "text", "forbidden", f"Owner: {_HUMAN}", is_segmentable=False),
    Attribute(
        "icp_score", "value", "number", "forbidden", f"Own score: {_OURS}", is_segmentable=False
    ),
    Attribute("icp_tier", "value", "text", "forbidden", f"Own tier: {_OURS}", is_segmentable=False),
)

CATALOGUE: dict[str, Attribute] = {attribute.name: attribute for attribute in _ALL}

#: Fields of a person: an ICP describes accounts, personas describe people.
PERSON_FIELDS: frozenset[str] = frozenset(
    {
        "title",
        "job_title",
        "seniority",
        "function",
        "buying_role",
        "role",
        "department",
        "email",
        "full_name",
        "first_name",
        "last_name",
        "gender",
        "age",
        "photo",
        "contact_id",
    }
)


def usable_in_criteria() -> list[str]:
    """Give the names that a criterion or disqualifier may use."""
    return [name for name, attribute in CATALOGUE.items() if attribute.policy != "forbidden"]


def usable_in_segments() -> list[str]:
    """Give the names that a segment scheme may use."""
    return [name for name, attribute in CATALOGUE.items() if attribute.is_segmentable]
