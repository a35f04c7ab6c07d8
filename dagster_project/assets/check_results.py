"""Our check results as Dagster's: many checks of one table are one asset check there."""

from collections.abc import Sequence

import dagster as dg

from dagster_project.checks.results import CheckResult


def summed(key: Sequence[str], check: str, results: Sequence[CheckResult]) -> dg.AssetCheckResult:
    """Give one asset check over all results of a relation; the worst of them decides."""
    failed = [result for result in results if result.is_failed]
    is_warning = bool(failed) and not any(result.severity == "error" for result in failed)
    metadata: dict = {"checks": len(results), "failed": len(failed)}
    if failed:
        metadata["why"] = dg.MetadataValue.md("\n".join(f"- {one.message}" for one in failed))
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=check,
        passed=not failed,
        severity=dg.AssetCheckSeverity.WARN if is_warning else dg.AssetCheckSeverity.ERROR,
        metadata=metadata,
    )
