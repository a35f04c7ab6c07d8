"""What must hold inside `company.yml`, beyond the types of its fields."""

from collections.abc import Iterator
from itertools import pairwise
from math import inf

from dagster_project.icp.catalogue import CATALOGUE, Attribute, usable_in_segments
from dagster_project.icp.company import Company, Segment, SegmentScheme
from dagster_project.icp.problems import FieldPath, Finding, choose
from dagster_project.icp.rules_icp import check_range, repeated
from dagster_project.icp.support_hours import SupportHours, minutes_of

#: Written by the pipeline itself beside the user's schemes and segments.
RESERVED = frozenset({"all", "unknown", "unallocated", "existing_customers"})
#: The segment of known values that no rule takes, where a scheme names none with `otherwise`.
REST = "other"


def check_company(company: Company) -> Iterator[Finding]:
    """Find what is wrong in the company file."""
    names = [scheme.scheme for scheme in company.segment_schemes]
    yield from repeated(names, ("segment_schemes",), "scheme")
    for index, scheme in enumerate(company.segment_schemes):
        yield from _check_scheme(scheme, ("segment_schemes", index))
    yield from _check_crossed(company, set(names))
    yield from _check_crm_fields(company)
    yield from _check_value_scheme(company)
    yield from _check_support_hours(company.support_hours)
    for index, domain in enumerate(company.free_mail_domains):
        if "." not in domain or "@" in domain or "/" in domain:
            yield Finding(
                ("free_mail_domains", index),
                f"`{domain}` is no mail domain",
                "write only the part after the @, e.g. mailbox.example",
            )


def _check_support_hours(hours: SupportHours | None) -> Iterator[Finding]:
    known: set[str] = set()
    for index, entry in enumerate(hours.week if hours else ()):
        path = ("support_hours", "week", index)
        if minutes_of(entry.closes) <= minutes_of(entry.opens):
            yield Finding(
                (*path, "closes"),
                f"support closes at {entry.closes} but opens at {entry.opens}",
                "write hours that lie within one day; a day around the clock is 00:00 to 24:00",
            )
        for day in entry.days:
            if day in known:
                yield Finding((*path, "days"), f"`{day}` is listed twice", "name each day once")
            known.add(day)


def _check_scheme(scheme: SegmentScheme, path: FieldPath) -> Iterator[Finding]:
    if scheme.scheme in RESERVED:
        yield Finding((*path, "scheme"), f"`{scheme.scheme}` is reserved", "choose another name")
    attribute = CATALOGUE.get(scheme.attribute)
    if attribute is None or not attribute.is_segmentable:
        yield Finding(
            (*path, "attribute"),
            f"accounts cannot be cut into segments by `{scheme.attribute}`",
            choose(scheme.attribute, usable_in_segments()),
        )
        return
    if attribute.dimension != scheme.kind:
        yield Finding(
            (*path, "kind"),
            f"`{scheme.attribute}` is {attribute.dimension}, not {scheme.kind}",
            f"set `kind: {attribute.dimension}`",
        )
    yield from repeated([item.segment for item in scheme.segments], (*path, "segments"), "segment")
    for index, segment in enumerate(scheme.segments):
        yield from _check_segment(segment, attribute, (*path, "segments", index))
    yield from _check_otherwise(scheme, path)
    yield from _check_shared_values(scheme, path)
    if attribute.value_type == "number":
        yield from _check_bands(scheme, path)


def _check_segment(segment: Segment, attribute: Attribute, path: FieldPath) -> Iterator[Finding]:
    if segment.segment in RESERVED:
        yield Finding(
            (*path, "segment"),
            f"`{segment.segment}` is reserved",
            "leave it out: `unknown` and `all` are added to every scheme",
        )
    if segment.segment == REST and not segment.otherwise:
        yield Finding(
            (*path, "segment"),
            f"`{REST}` is what no other segment takes, so it has no rule of its own",
            "write `otherwise: true` as its rule, or choose another name",
        )
    is_range = segment.at_least is not None or segment.below is not None
    if (segment.in_ is not None) + is_range + segment.otherwise != 1:
        yield Finding(
            path,
            "needs exactly one rule",
            "write `in: [..]`, or a range with `at_least` and/or `below`, or `otherwise: true`",
        )
    elif is_range:
        yield from check_range(attribute.value_type, segment.at_least, segment.below, path)
    elif segment.in_ is not None and attribute.value_type == "number":
        yield Finding(
            (*path, "in"),
            f"`{attribute.name}` is a number and cannot be listed",
            "write a range: `at_least` (included) and/or `below` (excluded)",
        )


def _check_otherwise(scheme: SegmentScheme, path: FieldPath) -> Iterator[Finding]:
    for index, segment in enumerate(scheme.segments[:-1]):
        if segment.otherwise:
            yield Finding(
                (*path, "segments", index, "otherwise"),
                "`otherwise` takes what is left over, so nothing may follow it",
                "move this segment to the end",
            )


def _check_shared_values(scheme: SegmentScheme, path: FieldPath) -> Iterator[Finding]:
    taken: dict[str, str] = {}
    for index, segment in enumerate(scheme.segments):
        for value in segment.values:
            if value in taken:
                yield Finding(
                    (*path, "segments", index, "in"),
                    f"`{value}` is already in segment `{taken[value]}`",
                    "keep it in one of the two",
                )
            taken.setdefault(value, segment.segment)


def _check_bands(scheme: SegmentScheme, path: FieldPath) -> Iterator[Finding]:
    bands = sorted(
        (
            -inf if segment.at_least is None else segment.at_least,
            inf if segment.below is None else segment.below,
            index,
            segment.segment,
        )
        for index, segment in enumerate(scheme.segments)
        if segment.operator == "between"
    )
    has_rest = any(segment.otherwise for segment in scheme.segments)
    for (_, upper, _, earlier), (lower, _, index, later) in pairwise(bands):
        place = (*path, "segments", index)
        if lower < upper:
            yield Finding(
                place,
                f"`{later}` overlaps `{earlier}`, which runs to {upper:g}",
                f"set `at_least: {upper:g}` here, or lower the `below` of `{earlier}`",
            )
        elif lower > upper and not has_rest:
            yield Finding(
                place,
                f"values from {upper:g} to under {lower:g} fall between `{earlier}` and `{later}`",
                f"set `at_least: {upper:g}` here (`below` is excluded), or add an `otherwise`",
            )


def _check_crossed(company: Company, names: set[str]) -> Iterator[Finding]:
    seen: set[frozenset[str]] = set()
    for index, pair in enumerate(company.crossed_schemes):
        for position, name in enumerate(pair):
            if name not in names:
                yield Finding(
                    ("crossed_schemes", index, position),
                    f"no scheme is called `{name}`",
                    choose(name, names),
                )
        if frozenset(pair) in seen or len(set(pair)) < len(pair):
            yield Finding(
                ("crossed_schemes", index),
                f"the pair {' and '.join(pair)} adds nothing new",
                "cross each pair of different schemes once",
            )
        seen.add(frozenset(pair))


def _check_value_scheme(company: Company) -> Iterator[Finding]:
    dated = {
        scheme.scheme
        for scheme in company.segment_schemes
        if scheme.kind not in ("behavioural", "value")
    }
    name = company.metrics.value_scheme
    if name not in dated | {"all"}:
        yield Finding(
            ("metrics", "value_scheme"),
            f"no scheme called `{name}` knows the segment in which a customer began",
            choose(name, dated | {"all"}),
        )


def _check_crm_fields(company: Company) -> Iterator[Finding]:
    targets: dict[str, str] = {}
    for column, field in company.target_crm_fields.items():
        if field in targets:
            yield Finding(
                ("crm_fields", column),
                f"the CRM field `{field}` would receive both {targets[field]} and {column}",
                "give each column a CRM field of its own",
            )
        targets.setdefault(field, column)
