"""A sync plan for a person: lines for a terminal, a CSV for a spreadsheet."""

import csv
from pathlib import Path

from dagster_project.activation.plan import SyncPlan

COLUMNS = (
    "source_system", "crm_record_id", "field", "kind", "before", "after", "is_written",
)  # fmt: skip

#: A spreadsheet takes a cell that begins so for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def describe(plan: SyncPlan) -> list[str]:
    """Give the plan as sentences: what is compared, the counts, each guard, the verdict."""
    counts = plan.record_counts
    published = plan.published_at.strftime("%Y-%m-%d %H:%M") if plan.published_at else "unknown"
    lines = [
        f"Dry run: version {plan.version or 'unknown'}, published {published} UTC,"
        f" data as of {plan.as_of_date or 'unknown'}. Nothing is written to the CRM.",
        f"{plan.records:,} CRM records: {counts['added']:,} would get their first values,"
        f" {counts['changed']:,} would change, {counts['unchanged']:,} stay as they are,"
        f" {counts['cleared']:,} keep values for which we have none.",
    ]
    for field in plan.fields:
        kinds = plan.field_counts[field]
        lines.append(f"{field}: " + ", ".join(f"{kinds[kind]:,} {kind}" for kind in kinds))
    for guard in plan.guards:
        lines.append(f"{'STOP' if guard.is_tripped else 'ok'} {guard.guard}: {guard.message}")
    tripped = [guard.guard for guard in plan.guards if guard.is_tripped]
    verdict = f"would be stopped by {', '.join(tripped)}" if tripped else "passes every guard"
    lines.append(f"Plan {plan.digest[:12]} {verdict}.")
    return lines


def write_csv(plan: SyncPlan, path: Path) -> int:
    """Write one line per field that differs, and give their number.

    UTF-8 with a byte order mark, so that a spreadsheet reads names right. A text that a
    spreadsheet would run as a formula gets an apostrophe in front.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for change in plan.changes:
            row = [getattr(change, column) for column in COLUMNS]
            writer.writerow([_cell(value) for value in row])
    return len(plan.changes)


def _cell(value: str | bool | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
