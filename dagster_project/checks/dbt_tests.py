"""The dbt tests of everything that is published, as check results."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from dagster_project.checks.results import CheckResult, unevaluated
from dagster_project.resources.dbt import DbtNode, DbtOutcome, manifest_path
from dagster_project.resources.dbt_beside import begin_reading
from dagster_project.resources.settings import Settings

PUBLISHED_MODELS = ("path:models/marts", "path:models/activation")


def begin_dbt_tests(
    settings: Settings, *, known_at: datetime, as_of_date: date
) -> Callable[[], list[CheckResult]]:
    """Begin the data tests of marts and activation; give what returns their results.

    Unit tests judge code, not data, and are left. Until the results are asked for, this process may
    read the warehouse and not write to it; when they are, no connection to it may be open here.
    """
    tests = ["test", "--select", *PUBLISHED_MODELS, "--exclude-resource-type", "unit_test"]
    begun = begin_reading(tests, settings=settings, known_at=known_at, as_of_date=as_of_date)

    def results() -> list[CheckResult]:
        outcome = begun()
        return results_of(outcome, _manifest_nodes(settings) if outcome.results else {})

    return results


def results_of(outcome: DbtOutcome, nodes: Mapping[str, Any]) -> list[CheckResult]:
    """Translate dbt's outcome, `nodes` being those of its manifest.

    dbt that stopped early, or found no test at all, is a failed check: nothing was tested.
    """
    if outcome.error or not outcome.results:
        reason = outcome.error or (
            f"dbt found no test of {' or '.join(PUBLISHED_MODELS)}. Tests live in the .yml files"
            " beside the models."
        )
        return [unevaluated("dbt_tests", "marts", "dbt", reason)]
    return [_result(node, nodes.get(node.unique_id, {})) for node in outcome.results]


def _result(node: DbtNode, test: Mapping[str, Any]) -> CheckResult:
    relation = _relation(test)
    if node.status not in {"pass", "warn", "fail"}:
        reason = f"dbt says {node.status}: {node.message or 'no message'}"
        return unevaluated(node.name, relation.split(".")[0], relation, reason)
    message = f"{relation}: {node.name} holds"
    if node.status != "pass":
        description = (test.get("description") or "").strip()
        message = (
            f"{relation}: {node.name} found {node.failures or 0:,} rows (allowed: none)."
            f" {description + ' ' if description else ''}See them with"
            f" `dbt show --select {node.name}`."
        )
    return CheckResult(
        check_name=node.name,
        layer=relation.split(".")[0],
        relation=relation,
        status="passed" if node.status == "pass" else "failed",
        severity="warn" if node.status == "warn" else _severity(test),
        failed_rows=node.failures,
        observed=str(node.failures) if node.failures is not None else None,
        threshold="0",
        message=message,
    )


def _severity(test: Mapping[str, Any]) -> Any:
    declared = str(test.get("config", {}).get("severity", "error")).lower()
    return "warn" if declared == "warn" else "error"


def _relation(test: Mapping[str, Any]) -> str:
    attached = test.get("attached_node") or next(iter(_parents(test)), None)
    if not attached:
        return "marts.dbt"
    folder = test.get("attached_folder") or "marts"
    return f"{folder}.{attached.split('.')[-1]}"


def _parents(test: Mapping[str, Any]) -> list[str]:
    return [name for name in test.get("depends_on", {}).get("nodes", []) if name[:6] == "model."]


def _manifest_nodes(settings: Settings) -> dict[str, Any]:
    nodes: dict[str, Any] = json.loads(manifest_path(settings).read_text())["nodes"]
    tests = {name: node for name, node in nodes.items() if node["resource_type"] == "test"}
    for test in tests.values():
        model = nodes.get(test.get("attached_node") or next(iter(_parents(test)), ""), {})
        test["attached_folder"] = model.get("schema") or "marts"
    return tests
