"""What must hold inside one ICP, beyond the types of its fields."""

from collections.abc import Iterator

from dagster_project.icp.catalogue import CATALOGUE, MEANINGS, PERSON_FIELDS, usable_in_criteria
from dagster_project.icp.criteria import Condition, Criterion
from dagster_project.icp.problems import FieldPath, Finding, choose
from dagster_project.icp.product import Icp

_TOLERANCE = 1e-9


def check_icp(icp: Icp, path: FieldPath, personas: set[str] | None) -> Iterator[Finding]:
    """Find what is wrong in one ICP. `personas` are the ids that it may name; None: any."""
    for index, criterion in enumerate(icp.criteria):
        place = (*path, "criteria", index)
        yield from check_condition(criterion, place)
        yield from _check_criterion(criterion, place)
    for index, disqualifier in enumerate(icp.disqualifiers):
        yield from check_condition(disqualifier, (*path, "disqualifiers", index))
    yield from _check_points(icp, path)
    yield from _check_tiers(icp, path)
    yield from _check_ids(icp, path)
    for index, persona in enumerate(icp.personas):
        if personas is not None and persona not in personas:
            yield Finding(
                (*path, "personas", index),
                f"no persona is called `{persona}`",
                choose(persona, personas) if personas else "declare it under `personas`",
            )


def check_condition(condition: Condition, path: FieldPath) -> Iterator[Finding]:
    """Find what is wrong with one test of one attribute."""
    name = condition.attribute
    attribute = CATALOGUE.get(name)
    if attribute is None:
        yield _unknown_attribute(name, (*path, "attribute"))
        return
    if attribute.policy == "forbidden":
        yield Finding(
            (*path, "attribute"),
            f"`{name}` is forbidden in an ICP ({attribute.description})",
            choose(name, usable_in_criteria()),
        )
    given = [
        key
        for key, value in (("in", condition.in_), ("not_in", condition.not_in))
        if value is not None
    ]
    is_range = condition.at_least is not None or condition.below is not None
    if len(given) + is_range != 1:
        yield Finding(
            path,
            "needs exactly one test",
            "write `in: [..]`, or `not_in: [..]`, or a range with `at_least` and/or `below`",
        )
    elif is_range:
        yield from check_range(attribute.value_type, condition.at_least, condition.below, path)
    elif attribute.value_type == "number":
        yield Finding(
            (*path, given[0]),
            f"`{name}` is a number and cannot be listed",
            "write a range: `at_least` (included) and/or `below` (excluded)",
        )


def check_range(
    value_type: str, at_least: float | None, below: float | None, path: FieldPath
) -> Iterator[Finding]:
    """Find a range on something that is no number, or one that holds nothing."""
    key = "at_least" if at_least is not None else "below"
    if value_type != "number":
        yield Finding((*path, key), f"a range needs a number, not {value_type}", "write `in: [..]`")
    elif at_least is not None and below is not None and at_least >= below:
        yield Finding(
            (*path, "below"),
            f"the range is empty: at_least {at_least:g} is not under below {below:g}",
            "`at_least` is included and `below` excluded, so `below` must be the larger",
        )


def _unknown_attribute(name: str, path: FieldPath) -> Finding:
    if name.lower() in PERSON_FIELDS:
        return Finding(
            path,
            f"`{name}` describes a person, and an ICP describes accounts",
            "describe people under `personas`",
        )
    return Finding(
        path, f"`{name}` is no attribute of accounts", choose(name, usable_in_criteria())
    )


def _check_criterion(criterion: Criterion, path: FieldPath) -> Iterator[Finding]:
    attribute = CATALOGUE.get(criterion.attribute)
    if attribute is not None and attribute.policy != "forbidden":
        yield from _check_dimension(criterion, attribute.dimension, path)
    if criterion.points < 0:
        yield Finding(
            (*path, "points"),
            "points may not be negative",
            "write what speaks against an account as a disqualifier",
        )
    if criterion.provenance == "data_derived" and not criterion.support:
        yield Finding(
            (*path, "support" if criterion.support is not None else "provenance"),
            "a data-derived criterion must say how many accounts support it",
            "add `support: <number of accounts>`, or set `provenance: assumed`",
        )


def _check_dimension(criterion: Criterion, own: str, path: FieldPath) -> Iterator[Finding]:
    allowed = MEANINGS | {own}
    if criterion.dimension not in allowed:
        yield Finding(
            (*path, "dimension"),
            f"`{criterion.attribute}` is {own}, not {criterion.dimension}",
            f"use one of: {', '.join(sorted(allowed))}",
        )


def _check_points(icp: Icp, path: FieldPath) -> Iterator[Finding]:
    total = sum(criterion.points for criterion in icp.criteria if criterion.points > 0)
    if abs(total - icp.max_points) > _TOLERANCE:
        yield Finding(
            (*path, "max_points"),
            f"the points of the criteria sum to {total:g}, but max_points is {icp.max_points:g}",
            f"set `max_points: {total:g}` or change the points of a criterion",
        )
    if icp.match_points > icp.max_points:
        yield Finding(
            (*path, "match_points"),
            f"no account can reach {icp.match_points:g} of {icp.max_points:g} points",
            "set match_points to at most max_points",
        )


def _check_tiers(icp: Icp, path: FieldPath) -> Iterator[Finding]:
    cut_offs = [icp.tiers.A, icp.tiers.B, icp.tiers.C, icp.tiers.D]
    gaps = [upper - lower for upper, lower in zip(cut_offs, cut_offs[1:], strict=False)]
    place = (*path, "tiers")
    if min(gaps) <= 0:
        yield Finding(
            place, "the cut-offs do not fall from A to D", "give A the most points and D the fewest"
        )
    elif icp.tier_margin >= min(gaps):
        yield Finding(
            (*path, "tier_margin"),
            f"a margin of {icp.tier_margin:g} jumps over a tier that is {min(gaps):g} points wide",
            "make it smaller than the narrowest tier",
        )
    highest = icp.tiers.A
    if highest > icp.max_points:
        yield Finding(
            (*place, "A"),
            f"no account can reach {highest:g} of {icp.max_points:g} points",
            "set the cut-off of A to at most max_points",
        )
    if icp.tiers.D != 0:
        yield Finding(
            (*place, "D"), "D must start at 0 so that every score has a tier", "set `D: 0`"
        )


def _check_ids(icp: Icp, path: FieldPath) -> Iterator[Finding]:
    lists = {
        "criteria": ("criterion_id", [item.criterion_id for item in icp.criteria]),
        "disqualifiers": ("disqualifier_id", [item.disqualifier_id for item in icp.disqualifiers]),
        "pains": ("pain_id", [item.pain_id for item in icp.pains]),
        "triggers": ("trigger_id", [item.trigger_id for item in icp.triggers]),
    }
    for key, (field, ids) in lists.items():
        yield from repeated(ids, (*path, key), field)


def repeated(names: list[str], path: FieldPath, field: str) -> Iterator[Finding]:
    """Find list items whose `field` repeats that of an earlier item."""
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Finding(
                (*path, index, field), f"`{name}` is used twice", "give each its own name"
            )
