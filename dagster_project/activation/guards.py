"""The guards of a CRM sync: each compares one fact about a plan with one limit.

A guard that cannot be evaluated trips, because a missing fact is no permission.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class GuardLimits:
    """What a sync may do without a person's say. Shares are in 0..1 and inclusive."""

    max_changed_share: float = 0.25  # of the records that hold a value in the CRM
    max_cleared_share: float = 0.05  # of the field values that the CRM holds
    max_dropped_share: float = 0.10  # of the records of the last run
    max_age: timedelta = timedelta(hours=36)  # of the publication


@dataclass(frozen=True)
class Unknown:
    """A fact that could not be had, and why."""

    why: str


@dataclass(frozen=True)
class Facts:
    """What the guards look at. `previous_records` is None before the first recorded run."""

    records: int
    previous_records: int | Unknown | None
    overwritten_records: int
    holding_records: int
    cleared_fields: int
    held_fields: int
    duplicate_ids: int
    unknown_ids: int | Unknown
    published_at: datetime | None
    now: datetime


@dataclass(frozen=True)
class GuardResult:
    """One guard's verdict. `message` is a sentence with the number and the limit."""

    guard: str
    is_tripped: bool
    message: str


def evaluate(facts: Facts, limits: GuardLimits) -> tuple[GuardResult, ...]:
    """Judge every guard, in a fixed order."""
    return (
        _changed(facts, limits),
        _cleared(facts, limits),
        _duplicate_ids(facts),
        _unknown_ids(facts),
        _stale(facts, limits),
        _dropped(facts, limits),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _changed(facts: Facts, limits: GuardLimits) -> GuardResult:
    part, whole = facts.overwritten_records, facts.holding_records
    share = _share(part, whole)
    message = (
        f"{part:,} of {whole:,} records that hold our values would be overwritten"
        f" ({share:.1%}, limit {limits.max_changed_share:.1%})"
    )
    return GuardResult("max_change", share > limits.max_changed_share, message)


def _cleared(facts: Facts, limits: GuardLimits) -> GuardResult:
    part, whole = facts.cleared_fields, facts.held_fields
    share = _share(part, whole)
    message = (
        f"{part:,} of {whole:,} values that the CRM holds have none on our side and are kept"
        f" ({share:.1%}, limit {limits.max_cleared_share:.1%})"
    )
    return GuardResult("null_guard", share > limits.max_cleared_share, message)


def _duplicate_ids(facts: Facts) -> GuardResult:
    message = f"{facts.duplicate_ids:,} rows have a missing or repeated CRM record id (limit 0)"
    return GuardResult("duplicate_ids", facts.duplicate_ids > 0, message)


def _unknown_ids(facts: Facts) -> GuardResult:
    name, count = "unknown_ids", facts.unknown_ids
    if isinstance(count, Unknown):
        return _not_evaluated(name, count.why)
    message = f"{count:,} rows name a record that the CRM does not hold (limit 0)"
    return GuardResult(name, count > 0, message)


def _stale(facts: Facts, limits: GuardLimits) -> GuardResult:
    name = "stale_publication"
    if facts.published_at is None:
        return _not_evaluated(name, "the published file does not say when it was published")
    hours = (facts.now - facts.published_at).total_seconds() / 3600
    limit = limits.max_age.total_seconds() / 3600
    if hours < 0:
        return _not_evaluated(name, "the publication is dated in the future: check the clocks")
    message = f"the publication is {hours:,.1f} hours old (limit {limit:,.0f})"
    return GuardResult(name, hours > limit, message)


def _dropped(facts: Facts, limits: GuardLimits) -> GuardResult:
    name, previous = "dropped_rows", facts.previous_records
    if isinstance(previous, Unknown):
        return _not_evaluated(name, previous.why)
    if previous is None:
        # an empty first plan is a broken model, not a small company
        message = f"first recorded run: {facts.records:,} records, nothing to compare with"
        return GuardResult(name, facts.records == 0, message)
    share = max(_share(previous - facts.records, previous), 0.0)
    message = (
        f"{facts.records:,} records, {previous:,} at the last run"
        f" ({share:.1%} fewer, limit {limits.max_dropped_share:.1%})"
    )
    return GuardResult(name, share > limits.max_dropped_share, message)


def _not_evaluated(guard: str, why: str) -> GuardResult:
    return GuardResult(guard, is_tripped=True, message=f"could not be evaluated: {why}")
