"""The typed models of `products/*.yml` and `portfolio.yml`: what is sold, to whom, and why."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from dagster_project.icp.criteria import Criterion, Disqualifier, Tiers
from dagster_project.icp.fields import Definition, Share, Slug, Text

BuyingRole = Literal[
    "champion",
    "user",
    "decision_maker",
    "economic_buyer",
    "technical_buyer",
    "influencer",
    "gatekeeper",
    "legal",
    "blocker",
]


class Persona(Definition):
    """A kind of person on the buying committee. People belong here, never in a criterion."""

    persona_id: Slug
    name: Text
    buying_role: BuyingRole
    required: Annotated[bool, Field(description="A deal without this person is at risk")] = False


class Pain(Definition):
    """A problem that the ideal customer has, in the customer's words."""

    pain_id: Slug
    pain: Text


class Trigger(Definition):
    """An event that makes an account look for a solution."""

    trigger_id: Slug
    signal_type: Annotated[Text | None, Field(description="As in external.signals")] = None
    description: Text
    window_days: Annotated[int, Field(gt=0)] = 90


class Icp(Definition):
    """One ideal customer profile: who, by which points, owned by whom."""

    icp_id: Slug
    name: Text
    description: Text | None = None
    status: Literal["hypothesis", "validated", "retired"]
    owner: Annotated[Text | None, Field(description="The person who answers for it")] = None
    gtm_motion: Annotated[Text | None, Field(description="e.g. sales_led, self_serve")] = None
    pricing_plan: Text | None = None
    playbook_url: Text | None = None
    review_cadence_days: Annotated[int, Field(gt=0)] = 180
    last_reviewed: Annotated[date | None, Field(description="Not part of the version")] = None
    max_points: Annotated[float, Field(gt=0)]
    match_points: Annotated[float, Field(gt=0, description="From here an account is ICP")]
    tiers: Tiers
    tier_margin: Annotated[
        float, Field(ge=0, description="Points past a cut-off before the tier moves")
    ] = 0
    min_completeness: Annotated[
        Share, Field(description="Below this share of known criterion points the tier is U")
    ] = 0.5
    smallest_effect: Annotated[
        float, Field(gt=0, lt=1, description="Smallest win-rate difference worth acting on")
    ]
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1)]
    disqualifiers: tuple[Disqualifier, ...] = ()
    personas: Annotated[tuple[Slug, ...], Field(description="Ids declared beside the ICPs")] = ()
    pains: tuple[Pain, ...] = ()
    triggers: tuple[Trigger, ...] = ()


class PlanContent(Definition):
    """What one plan of a product includes, from a day (included) until another (excluded)."""

    plan: Annotated[Text, Field(description="As contracts name it; upper or lower case")]
    features: Annotated[
        tuple[Text, ...], Field(description="Spelt as in product events; [] for none of them")
    ]
    from_: Annotated[
        date | None, Field(alias="from", description="First day; empty: always so")
    ] = None
    until: Annotated[date | None, Field(description="First day not; empty: still so")] = None


class Product(Definition):
    """One product with its ICPs: one file in `products/`."""

    product_id: Slug
    name: Text
    description: Text | None = None
    aliases: Annotated[tuple[Text, ...], Field(description="Other spellings in the data")] = ()
    gross_margin: Annotated[Share | None, Field(description="Share of revenue; null if unknown")]
    value_event: Annotated[Text | None, Field(description="The event that is value received")] = (
        None
    )
    active_event: Annotated[Text | None, Field(description="The event that counts as use")] = None
    clock_start: Literal["contract_start", "first_invoice", "signup"] = "contract_start"
    plans: Annotated[
        tuple[PlanContent, ...], Field(description="Who could use a feature; empty: whoever pays")
    ] = ()
    personas: tuple[Persona, ...] = ()
    icps: tuple[Icp, ...] = ()


class Portfolio(Definition):
    """What holds over all products: which they are, shared personas, and the portfolio's ICP."""

    products: Annotated[tuple[Slug, ...], Field(min_length=1)]
    personas: tuple[Persona, ...] = ()
    icp: Annotated[Icp | None, Field(description="The criteria that all products share")] = None
