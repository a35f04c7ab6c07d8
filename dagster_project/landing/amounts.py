"""Integers and numbers from text, in SQL. What may be read two ways (1,234) stays unparsed."""

from dagster_project.landing.sql_text import literal

_PLAIN_NUMBER = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?"
_PLAIN_INTEGER = r"[+-]?\d+(\.0*)?"
_COMMA_NUMBER = r"[+-]?(\d+,?\d*|,\d+)"
_COMMA_INTEGER = r"[+-]?\d+,0*"
_ONE_COMMA_GROUP = r"[+-]?\d{1,3},\d{3}"
_DOT_GROUPS = r"[+-]?\d{1,3}(\.\d{3})+"
#: Blanks, no-break blanks and apostrophes only ever group thousands.
_GROUP_MARKS = "\u00a0\u202f' "


def integer_sql(text: str, decimal: str | None) -> str:
    """Give SQL for a whole number; 1.0 is one, 1.5 is not. Thousands may be grouped."""
    grouped, bare = _grouped(text, decimal or ".")
    # judged without its groups, so that 1,500.7 is refused and not rounded
    whole = f"case when {_matches(bare, _PLAIN_INTEGER)} then try_cast({bare} as bigint) end"
    plain = f"try_cast({text} as bigint)"
    if decimal != ",":
        is_plain = _matches(text, _PLAIN_INTEGER)
        return f"case when {is_plain} then {plain} when {grouped} then {whole} end"
    before_comma = f"try_cast(split_part({text}, ',', 1) as bigint)"
    return (
        f"case when {_matches(text, '[+-]?[0-9]+')} then {plain} "
        f"when {_matches(text, _COMMA_INTEGER)} then {before_comma} "
        f"when {grouped} then {whole} end"
    )


def number_sql(
    text: str, decimal: str | None, *, has_comma_groups: bool, has_comma_decimals: bool
) -> str:
    """Give SQL for a number. With no declared decimal sign it is a dot, unless that is in doubt.

    `has_comma_groups` and `has_comma_decimals` say what other values of the column prove.
    """
    grouped, bare = _grouped(text, decimal or ".")
    grouped_value = f"when {grouped} then try_cast({bare} as double)"
    plain = f"when {_matches(text, _PLAIN_NUMBER)} then try_cast({text} as double)"
    if decimal == ",":
        comma = (
            f"when {_matches(text, _COMMA_NUMBER)} "
            f"then try_cast(replace({text}, ',', '.') as double)"
        )
        # 1.234 is a thousand here; 12.5 can only be a number that never saw the locale
        return f"case {comma} {grouped_value} {plain} end"
    if decimal is None and has_comma_decimals:
        # commas are decimals in this column, so 1.234 may well be a thousand
        return f"case when {_matches(text, _DOT_GROUPS)} then null {plain} end"
    if decimal is None and not has_comma_groups:
        doubtful = _matches(text, _ONE_COMMA_GROUP)
        return f"case {plain} when {doubtful} then null {grouped_value} end"
    return f"case {plain} {grouped_value} end"


def number_rule(text: str, decimal: str | None) -> str:
    """Give SQL for why a text is no number: two readings, or none."""
    if decimal is not None:
        return "'not a number'"
    doubtful = f"{_matches(text, _ONE_COMMA_GROUP)} or {_matches(text, _DOT_GROUPS)}"
    return f"case when {doubtful} then 'ambiguous number' else 'not a number' end"


def _matches(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {literal(pattern)})"


def _grouped(text: str, decimal: str) -> tuple[str, str]:
    """Give a test for grouped thousands and SQL for the number without its groups."""
    marks = _GROUP_MARKS + ("." if decimal == "," else ",")
    pattern = rf"[+-]?\d{{1,3}}([{marks}]\d{{3}})+(\{decimal}\d*)?"
    bare = f"replace(translate({text}, {literal(marks)}, ''), '{decimal}', '.')"
    return _matches(text, pattern), bare
