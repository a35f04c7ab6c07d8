"""What goes back to the CRM: the plan of a sync, and the guards that judge it.

Plans are dry runs: they read the published file and a ledger, and write neither CRM nor mart.
"""

from dagster_project.activation.guards import GuardLimits, GuardResult
from dagster_project.activation.ledger import record_dry_run
from dagster_project.activation.plan import (
    DEFAULT_FIELDS,
    FieldChange,
    SyncError,
    SyncPlan,
    plan_sync,
)
from dagster_project.activation.report import describe, write_csv

__all__ = [
    "DEFAULT_FIELDS",
    "FieldChange",
    "GuardLimits",
    "GuardResult",
    "SyncError",
    "SyncPlan",
    "describe",
    "plan_sync",
    "record_dry_run",
    "write_csv",
]
