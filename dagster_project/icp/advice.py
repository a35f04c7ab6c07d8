"""Warnings about definitions that are valid but would make a poor ICP. None stops a run."""

from collections.abc import Iterator
from datetime import date, timedelta

from dagster_project.icp.loading import Definitions, OwnedIcp
from dagster_project.icp.problems import Finding, Problem

FEWEST_CRITERIA, MOST_CRITERIA = 4, 8


def advise(definitions: Definitions, *, as_of: date | None = None) -> list[Problem]:
    """Give the warnings of a definitions folder; `as_of` lets overdue reviews be told."""
    active = [owned for owned in definitions.icps() if owned.icp.status != "retired"]
    warnings = []
    for owned in active:
        for finding in (*_about_icp(owned), *_about_review(owned, as_of)):
            warnings.append(owned.document.problem(finding, is_warning=True))
    warnings += _about_motions(active)
    for product in definitions.products:
        if not any(owned.product_id == product.product_id for owned in active):
            finding = Finding(
                (),
                f"{product.name} has no active ICP, so its accounts get no score",
                "add a hypothesis under `icps`, even a rough one",
            )
            document = definitions.documents[product.product_id]
            warnings.append(document.problem(finding, is_warning=True))
    return sorted(warnings, key=lambda item: (item.file, item.line or 0, item.field))


def _about_icp(owned: OwnedIcp) -> Iterator[Finding]:
    icp, path = owned.icp, owned.path
    count = len(icp.criteria)
    if not FEWEST_CRITERIA <= count <= MOST_CRITERIA:
        yield Finding(
            (*path, "criteria"),
            f"{count} criteria; {FEWEST_CRITERIA} to {MOST_CRITERIA} are sharp and still usable",
            "add what is missing" if count < FEWEST_CRITERIA else "drop those that decide least",
        )
    if not icp.owner:
        yield Finding(path, f"nobody owns `{icp.icp_id}`", "add `owner: <a person>`")
    dimensions = {criterion.dimension for criterion in icp.criteria}
    if dimensions <= {"firmographic"}:
        yield Finding(
            (*path, "criteria"),
            "only firmographics: size and industry do not tell who needs the product",
            "add a criterion on technology, use or a trigger",
        )
    if not icp.disqualifiers:
        yield Finding(
            path,
            f"`{icp.icp_id}` says nobody is a bad fit",
            "add `disqualifiers`: who churns, costs most or cannot use it",
        )


def _about_review(owned: OwnedIcp, as_of: date | None) -> Iterator[Finding]:
    icp = owned.icp
    if as_of is None or icp.last_reviewed is None:
        return
    due = icp.last_reviewed + timedelta(days=icp.review_cadence_days)
    if due < as_of:
        yield Finding(
            (*owned.path, "last_reviewed"),
            f"the review was due on {due}, {(as_of - due).days} days ago",
            "review it against the data and set last_reviewed",
        )


def _about_motions(active: list[OwnedIcp]) -> Iterator[Problem]:
    first: dict[tuple[str | None, str], str] = {}
    for owned in active:
        motion = owned.icp.gtm_motion
        if motion is None:
            continue
        key = (owned.product_id, motion)
        if key in first:
            finding = Finding(
                (*owned.path, "gtm_motion"),
                f"`{first[key]}` already uses {motion} for the same product",
                "retire one of the two, or give each its own way to market",
            )
            yield owned.document.problem(finding, is_warning=True)
        first.setdefault(key, owned.icp.icp_id)
