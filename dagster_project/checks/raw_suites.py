"""Great Expectations suites of the raw edge: what must hold of each source before dbt builds on it.

Numbers come from `raw_measures`, what is allowed from `raw_rules` and the owner's tolerances.
"""

from datetime import datetime
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from dagster_project.checks.expectations import Suite, limited, measures_frame, note, run_suites
from dagster_project.checks.loads import landed_pairs, newest_by_source
from dagster_project.checks.profile_history import Baseline, keep_profiles
from dagster_project.checks.raw_measures import RawMeasures, measure_raw
from dagster_project.checks.raw_rules import LANDING_RULES, ROW_RULES, SOURCES_FILE, RawRule
from dagster_project.checks.results import CheckResult, unevaluated
from dagster_project.checks.tolerances import Declared, read_tolerances

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

_LEVELS = {"warn": "warning", "error": "critical"}


def check_raw_edge(
    connection: duckdb.DuckDBPyConnection, baseline: Baseline, *, run_id: str, known_at: datetime
) -> list[CheckResult]:
    """Judge every declared source and entity as landed, against the published `baseline`.

    Profiles of this run are stored in `audit.profiles`; results are given back unstamped.
    """
    declared = read_tolerances(connection)
    pairs = declared.pairs or landed_pairs(connection)
    if not pairs:
        reason = f"nothing was landed. Name your files in {SOURCES_FILE} and run `icp run`."
        return [unevaluated("sources", "raw", "landing.loads", reason)]
    measured = measure_raw(connection, pairs, baseline)
    profiles = [
        found.profile.assign(source=found.source, entity=found.entity.id)
        for found in measured
        if found.profile is not None
    ]
    if profiles:
        frame = pd.concat(profiles, ignore_index=True)
        keep_profiles(connection, run_id, frame, published_run=baseline.run_id)
    suites = [_entity_suite(found, declared) for found in measured]
    return run_suites([*suites, *_freshness_suites(connection, declared, known_at)])


def _entity_suite(found: RawMeasures, declared: Declared) -> Suite:
    rules = LANDING_RULES if "row_count" not in found.values else (*LANDING_RULES, *ROW_RULES)
    expectations = [_at_most(found, rule, declared) for rule in rules]
    if "row_count" in found.values:
        expectations.append(_least_rows(found, declared))
    return Suite("raw", found.entity.raw_table, measures_frame(found.values), expectations)


def _at_most(found: RawMeasures, rule: RawRule, declared: Declared) -> "Expectation":
    limit = rule.limit
    if isinstance(limit, str):
        limit = declared.of(found.source, found.entity.id, limit)
    if rule.measure == "empty_files" and _may_be_empty(found, declared):
        limit = float("inf")
    meta = note(
        f"{rule.measure}__{found.source}",
        f"source {found.source}: {rule.what}",
        rule.remedy.format(entity=found.entity.name),
        detail=found.details.get(rule.measure),
    )
    return limited(rule.measure, meta, high=limit, severity=rule.severity)


def _may_be_empty(found: RawMeasures, declared: Declared) -> bool:
    return declared.of(found.source, found.entity.id, "min_rows") == 0


def _least_rows(found: RawMeasures, declared: Declared) -> "Expectation":
    meta = note(
        f"min_rows__{found.source}",
        f"source {found.source}: current rows are",
        "Check that the export is complete; min_rows in the tolerances of"
        f" {found.entity.name} in {SOURCES_FILE} is the least number allowed.",
    )
    least = declared.of(found.source, found.entity.id, "min_rows")
    return limited("row_count", meta, low=least)


def _freshness_suites(
    connection: duckdb.DuckDBPyConnection, declared: Declared, known_at: datetime
) -> list[Suite]:
    newest = newest_by_source(connection, known_at)
    suites = []
    for source in declared.dated_sources:
        moment, clock = newest.get(source, (None, "load"))
        hours = None if moment is None else (known_at - moment).total_seconds() / 3600
        detail = f"newest {clock} at {moment:%Y-%m-%d %H:%M} UTC" if moment else None
        expectations = [
            _no_older(source, severity, declared.freshness[source, severity], clock, detail)
            for severity in _LEVELS
            if (source, severity) in declared.freshness
        ]
        frame = measures_frame({"hours_old": hours})
        suites.append(Suite("raw", f"source {source}", frame, expectations))
    return suites


def _no_older(
    source: str, severity: str, hours: float, clock: str, detail: str | None
) -> "Expectation":
    state = "stale" if severity == "error" else "late"
    meta = note(
        f"freshness_{severity}__{source}",
        f"hours ({state} past the limit) since its newest {clock} are",
        "Find out why the export stopped; the hours allowed are the freshness of"
        f" {source} in {SOURCES_FILE}.",
        detail=detail,
    )
    return limited("hours_old", meta, high=hours, severity=_LEVELS[severity])
