"""Great Expectations suites of the mart edge: what must hold of each mart before anyone reads it.

What holds of which mart is declared in `mart_rules` and `mart_row_rules`.
"""

from dataclasses import dataclass, field
from datetime import date

import duckdb
import pandas as pd

from dagster_project.checks import mart_expectations as expect
from dagster_project.checks.expectations import (
    Suite,
    limited,
    listed,
    measures_frame,
    note,
    run_suites,
)
from dagster_project.checks.mart_row_rules import ROW_RULES, RowRule
from dagster_project.checks.mart_rules import MARTS, MartRules
from dagster_project.checks.mart_tables import table_suites
from dagster_project.checks.profile import as_measures, column_types, profile
from dagster_project.checks.profile_history import Baseline
from dagster_project.checks.results import CheckResult, unevaluated
from dagster_project.checks.tolerances import Declared, read_tolerances

Days = tuple[date, date]


@dataclass(frozen=True)
class MartEdge:
    """What the marts are judged against.

    `usage_range` is the rewritten range of days, both included; None when all were. `input_rows`
    are the counted inputs of each mart that must have rows when they have some.
    """

    as_of_date: date
    baseline: Baseline
    declared: Declared
    usage_range: Days | None = None
    input_rows: dict[str, int] = field(default_factory=dict)


def check_mart_edge(
    connection: duckdb.DuckDBPyConnection,
    baseline: Baseline,
    *,
    as_of_date: date,
    usage_range: Days | None = None,
) -> tuple[list[CheckResult], pd.DataFrame]:
    """Judge every mart of the candidate, against its inputs and the published `baseline`.

    Gives the results, unstamped, and the profiles of all marts. Only reads.
    """
    counts, unmeasured = _counted_inputs(connection)
    edge = MartEdge(as_of_date, baseline, read_tolerances(connection), usage_range, counts)
    broken = _broken_structures(connection)
    whole = {mart: rules for mart, rules in MARTS.items() if mart not in broken}
    suites, profiles = [], []
    for mart, rules in whole.items():
        relation = f"{rules.layer}.{mart}"
        profiles.append(profile(connection, relation, where=_rewritten(rules, edge)))
        suites.append(_mart_suite(connection, mart, profiles[-1], edge))
        suites += _category_suites(connection, relation, rules)
    for rule in ROW_RULES:
        if broken.keys().isdisjoint(rule.reads):
            found = _row_suite(connection, rule, as_of_date)
            (suites if isinstance(found, Suite) else unmeasured).append(found)
    suites += [*_clock_suites(edge), *table_suites(connection)]
    frame = pd.concat(profiles, ignore_index=True) if profiles else pd.DataFrame()
    return [*broken.values(), *unmeasured, *run_suites(suites)], frame


def _broken_structures(connection: duckdb.DuckDBPyConnection) -> dict[str, CheckResult]:
    """Find marts that are missing or lack a column that a rule names."""
    broken = {}
    for mart, rules in MARTS.items():
        relation = f"{rules.layer}.{mart}"
        types = column_types(connection, relation)
        absent = [n for n in (*rules.keys, *rules.ranges, *rules.categories) if n not in types]
        if absent:
            reason = f"it has no column {', '.join(absent)}" if types else "it does not exist"
            reason += ". Build it with `icp run`, or mend mart_rules.py if it was renamed."
            broken[mart] = unevaluated("structure", rules.layer, relation, reason)
    return broken


def _counted_inputs(
    connection: duckdb.DuckDBPyConnection,
) -> tuple[dict[str, int], list[CheckResult]]:
    """Count the inputs of marts; inputs that are not there to be counted are failed checks."""
    counts: dict[str, int] = {}
    unmeasured = []
    for mart, rules in MARTS.items():
        if rules.input_rows is None:
            continue
        try:
            counts[mart] = _one_number(connection, rules.input_rows)
        except duckdb.Error as error:
            relation = f"{rules.layer}.{mart}"
            unmeasured.append(unevaluated("not_empty", rules.layer, relation, str(error)))
    return counts, unmeasured


def _rewritten(rules: MartRules, edge: MartEdge) -> str | None:
    if rules.incremental_by is None or edge.usage_range is None:
        return None
    first, last = edge.usage_range
    return f"{rules.incremental_by} between date '{first}' and date '{last}'"


def _one_number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def _mart_suite(
    connection: duckdb.DuckDBPyConnection, mart: str, frame: pd.DataFrame, edge: MartEdge
) -> Suite:
    rules = MARTS[mart]
    relation = f"{rules.layer}.{mart}"
    rows = _one_number(connection, f"select count(*) from {relation}")
    measures = as_measures(frame) | {"row_count": rows}
    expectations = [expect.no_nulls(name) for name in rules.keys]
    expectations += [
        expect.within(column, bound, limits)
        for column, limits in rules.ranges.items()
        for bound, limit in zip(("min_number", "max_number"), limits, strict=True)
        # a column without any value has no range
        if limit is not None and pd.notna(measures[f"{column}.{bound}"])
    ]
    if mart in edge.input_rows:
        expectations.append(expect.has_rows(edge.input_rows[mart]))
    before = edge.baseline.mart_rows.get(mart)
    if before:
        measures["row_change"] = rows / before - 1
        expectations += expect.row_changes(rules, rows, before, edge.declared)
    judged = {expectation.column for expectation in expectations}
    numbers = {name: value for name, value in measures.items() if name in judged}
    return Suite(rules.layer, relation, measures_frame(numbers), expectations)


def _category_suites(
    connection: duckdb.DuckDBPyConnection, relation: str, rules: MartRules
) -> list[Suite]:
    suites = []
    for column, allowed in rules.categories.items():
        rows = connection.execute(
            f"select distinct {column} from {relation} where {column} is not null"
        ).fetchall()
        frame = pd.DataFrame({column: pd.Series([value for (value,) in rows], dtype="object")})
        what = f"values of {column} that are not known are"
        meta = note(f"categories__{column}", what, expect.TRACE)
        suites.append(Suite(rules.layer, relation, frame, [listed(column, meta, allowed)]))
    return suites


def _row_suite(
    connection: duckdb.DuckDBPyConnection, rule: RowRule, as_of_date: date
) -> Suite | CheckResult:
    layer = MARTS[rule.relation].layer
    relation = f"{layer}.{rule.relation}"
    query = rule.query.format(
        as_of_month=as_of_date.year * 12 + as_of_date.month, as_of_date=f"date '{as_of_date}'"
    )
    try:
        count = _one_number(connection, query)
    except duckdb.Error as error:
        return unevaluated(rule.check, layer, relation, str(error))
    meta = note(rule.check, rule.what, rule.remedy, counts_rows=True)
    frame = measures_frame({"failed_rows": count})
    return Suite(layer, relation, frame, [limited("failed_rows", meta, high=0)])


def _clock_suites(edge: MartEdge) -> list[Suite]:
    """Refuse to publish an earlier as-of date than the published one as current."""
    published = edge.baseline.as_of_date
    if published is None:
        return []
    remedy = (
        "A run for an earlier date is a side build: give it a data folder of its own"
        " (ICP_DATA_DIR). If the published date was wrong, roll back with `icp publish --rollback`."
    )
    meta = note(
        "as_of_not_earlier",
        "days from the published as-of date to the candidate's are",
        remedy,
        detail=f"published {published}, candidate {edge.as_of_date}",
    )
    days = (edge.as_of_date - published).days
    frame = measures_frame({"days": days})
    return [Suite("marts", "publication", frame, [limited("days", meta, low=0)])]
