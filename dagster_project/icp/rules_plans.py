"""What must hold among the plans of one product, beyond the types of their fields."""

from collections.abc import Iterator
from datetime import date

from dagster_project.icp.fields import plain_text
from dagster_project.icp.problems import Finding
from dagster_project.icp.product import PlanContent


def check_plans(plans: tuple[PlanContent, ...]) -> Iterator[Finding]:
    """Find entries that hold on no day, repeated features, and entries of one plan that meet."""
    for index, content in enumerate(plans):
        if _first(content) >= _end(content):
            yield Finding(
                ("plans", index, "until"),
                f"no day lies from {content.from_} until {content.until}",
                "`from` is included and `until` excluded, so `until` must be the later",
            )
        for position, feature in enumerate(content.features):
            if feature in content.features[:position]:
                yield Finding(
                    ("plans", index, "features", position),
                    f"`{feature}` is listed twice in `{content.plan}`",
                    "list each feature of a plan once",
                )
        for other, earlier in enumerate(plans[:index]):
            if _share_a_day(content, earlier):
                yield Finding(
                    ("plans", index, "plan"),
                    f"plans[{other}] says what `{content.plan}` includes on some of the same days",
                    "end one entry where the other begins (`until` of the first is `from` of the "
                    "second), or keep one of them",
                )


def _share_a_day(one: PlanContent, other: PlanContent) -> bool:
    # contracts are compared without upper case, so two spellings of a plan are one plan
    is_same = plain_text(one.plan) == plain_text(other.plan)
    # an entry of no day begins after its end, so it meets no other
    return is_same and max(_first(one), _first(other)) < min(_end(one), _end(other))


def _first(content: PlanContent) -> date:
    return content.from_ or date.min


def _end(content: PlanContent) -> date:
    return content.until or date.max
