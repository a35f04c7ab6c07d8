"""What may be kept of a value or a line that did not parse: enough to find it, no person in it."""

from dagster_project.icp.entities import Column

MASK = "***"
KEPT_CHARACTERS = 40
KEPT_LINE_CHARACTERS = 200


def masked_value(expression: str, column: Column) -> str:
    """Give SQL for a kept value: nothing of a personal column, else its first characters."""
    if column.personal:
        return f"case when {expression} is not null then '{MASK}' end"
    return f"left({expression}, {KEPT_CHARACTERS})"


def masked_line(expression: str) -> str:
    """Give SQL for the shape of a line: letters become x, digits 9, punctuation stays.

    A line that is not a record cannot be told apart into columns, so any part may be personal.
    """
    shape = rf"regexp_replace(left({expression}, {KEPT_LINE_CHARACTERS}), '\pL', 'x', 'g')"
    return rf"regexp_replace({shape}, '\pN', '9', 'g')"
