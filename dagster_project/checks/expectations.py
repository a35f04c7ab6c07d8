"""The bridge to Great Expectations: suites in, check results out.

Nothing is imported from it before a suite is really validated: the import takes about ten seconds.
"""

import functools
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from dagster_project.checks.results import CheckResult, Severity, unevaluated

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.expectations.expectation import Expectation

_SEVERITIES: dict[str, Severity] = {"critical": "error", "warning": "warn", "info": "info"}


@dataclass(frozen=True)
class Suite:
    """The expectations of one relation, and the small frame that they judge.

    Make the `meta` of every expectation with `note`.
    """

    layer: str
    relation: str
    frame: pd.DataFrame
    expectations: Sequence["Expectation"]


def note(
    check: str, what: str, remedy: str, *, counts_rows: bool = False, detail: str | None = None
) -> dict[str, Any]:
    """Give the `meta` of an expectation: its name and what a person reads when it fails.

    `what` is said before the observed value ("share of rows with a key seen before is"). With
    `counts_rows` the observed value is the number of failed rows.
    """
    return {
        "check": check,
        "what": what,
        "remedy": remedy,
        "counts_rows": counts_rows,
        "detail": detail,
    }


def limited(
    measure: str,
    meta: dict[str, Any],
    *,
    low: float | None = None,
    high: float | None = None,
    severity: Literal["critical", "warning", "info"] = "critical",
) -> "Expectation":
    """Expect a measure (a column of a frame of one row) within inclusive limits.

    A measure without a value fails: the largest of nothing is nothing.
    """
    import great_expectations.expectations as gxe

    return gxe.ExpectColumnMaxToBeBetween(
        column=measure, min_value=low, max_value=high, severity=severity, meta=meta
    )


def listed(column: str, meta: dict[str, Any], allowed: Sequence[str]) -> "Expectation":
    """Expect a column's distinct values to be of a list."""
    import great_expectations.expectations as gxe

    return gxe.ExpectColumnDistinctValuesToBeInSet(
        column=column, value_set=list(allowed), meta=meta
    )


def measures_frame(measures: dict[str, Any]) -> pd.DataFrame:
    """Give a frame of one row with a column per measure, numbers as floats (None as missing)."""
    return pd.DataFrame(
        {name: pd.Series([value], dtype="float64") for name, value in measures.items()}
    )


def run_suites(suites: Iterable[Suite]) -> list[CheckResult]:
    """Validate suites and give one result per expectation.

    What raises inside Great Expectations is a result of status `error`, never silently passed.
    """
    import great_expectations as gx

    frames = _frames()
    results = []
    for number, suite in enumerate(suites):
        batch = frames.get_batch({"dataframe": suite.frame})
        expectations = gx.ExpectationSuite(
            f"{suite.relation}_{number}", expectations=list(suite.expectations)
        )
        report = batch.validate(expectations)
        results += [_result(suite, found) for found in report.results]
        if len(report.results) != len(suite.expectations):
            reason = f"{len(suite.expectations)} expectations gave {len(report.results)} results"
            results.append(unevaluated("suite", suite.layer, suite.relation, reason))
    return results


@functools.cache
def _frames() -> "BatchDefinition":
    """Give what makes a batch of any frame, once per process.

    A context costs a temporary folder, and each asset added to it writes all of them to YAML.
    """
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    # this logger has a level of its own and talks of its folder
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("whole")


def _result(suite: Suite, found: "ExpectationValidationResult") -> CheckResult:
    config = found.expectation_config
    meta, kwargs = config.meta, config.kwargs
    raised = _raised(found.exception_info or {})
    if raised:
        return unevaluated(meta["check"], suite.layer, suite.relation, raised)
    observed = _observed(found.result)
    if observed is None and "column" in kwargs and "value_set" not in kwargs:
        reason = f"{kwargs['column']} has no value. {meta['remedy']}"
        return unevaluated(meta["check"], suite.layer, suite.relation, reason)
    # numpy's booleans are no Python booleans
    passed = bool(found.success)
    threshold = _threshold(kwargs)
    return CheckResult(
        check_name=meta["check"],
        layer=suite.layer,
        relation=suite.relation,
        status="passed" if passed else "failed",
        severity=_SEVERITIES[str(getattr(config.severity, "value", config.severity))],
        failed_rows=int(observed) if meta["counts_rows"] else None,
        observed=in_words(observed),
        threshold=threshold,
        message=_message(suite.relation, meta, in_words(observed), threshold, passed=passed),
    )


def _raised(exception_info: dict[str, Any]) -> str:
    """Give what was raised; Great Expectations nests it by metric, or not at all."""
    parts = [exception_info, *(v for v in exception_info.values() if isinstance(v, dict))]
    texts = [str(part.get("exception_message")) for part in parts if part.get("raised_exception")]
    loose = [str(value) for value in exception_info.values() if str(value).startswith("Error")]
    return "; ".join(dict.fromkeys(texts + loose))


def _observed(result: dict[str, Any]) -> Any:
    value = result.get("observed_value")
    if "unexpected_count" in result and value is None:
        value = result.get("partial_unexpected_list") or None
    if isinstance(value, list):
        return value
    return None if value is None or pd.isna(value) else value


def in_words(value: Any) -> str | None:
    """Write an observed value for a person: whole numbers with separators, four digits else."""
    if value is None:
        return None
    if isinstance(value, list | tuple | set):
        return ", ".join(str(item) for item in value)
    number = float(value)
    if number.is_integer():
        return f"{int(number):,}"
    return f"{number:.4g}"


def _threshold(kwargs: dict[str, Any]) -> str | None:
    if "value_set" in kwargs:
        return "one of " + ", ".join(str(value) for value in kwargs["value_set"])
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    if low is not None and high is not None:
        return in_words(low) if low == high else f"between {in_words(low)} and {in_words(high)}"
    if low is not None:
        return f"at least {in_words(low)}"
    return None if high is None else f"at most {in_words(high)}"


def _message(
    relation: str,
    meta: dict[str, Any],
    observed: str | None,
    threshold: str | None,
    *,
    passed: bool,
) -> str:
    sentence = f"{relation}: {meta['what']} {observed if observed is not None else 'nothing'}"
    sentence += f" (allowed: {threshold})"
    if passed:
        return sentence
    detail = f": {meta['detail']}" if meta["detail"] else ""
    return f"{sentence}{detail}. {meta['remedy']}"
