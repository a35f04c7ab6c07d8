"""A hand-made candidate warehouse and an audit of it that passed, for tests of publishing.

Every table carries `marker`, so that a mixture of two versions shows.
"""

from datetime import date, datetime
from pathlib import Path

import duckdb

from dagster_project.checks.results import CHECK_RESULTS_DDL, CheckResult
from dagster_project.publication.audit import AuditOutcome
from dagster_project.publication.lock import run_lock
from dagster_project.publication.publish import publish
from dagster_project.publication.run_status import start_run
from dagster_project.publication.version_file import PublishedVersion
from dagster_project.resources.settings import Settings

AS_OF = date(2030, 6, 30)
KNOWN_AT = datetime(2030, 7, 1, 6)  # noqa: DTZ001 - naive UTC, as in the warehouse


def settings_in(folder: Path) -> Settings:
    """Give a deployment of its own in `folder`."""
    return Settings(icp_home=folder / "icp", data_dir=folder, sources_dir=folder / "sources")


def build_candidate(
    settings: Settings, marker: int, *, accounts: int = 20, days: int = 30, tier: str = "A"
) -> None:
    """Write a candidate: accounts, their usage days, their scores and the CRM's desired state."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.warehouse)) as connection:
        for schema in ("marts", "activation", "audit", "intermediate"):
            connection.execute(f"create schema if not exists {schema}")
        connection.execute(CHECK_RESULTS_DDL)
        connection.execute(
            f"""
            create or replace table marts.dim_accounts as
            select 'acc-' || i as account_id, {marker} as marker from range({accounts}) as t(i)
            """
        )
        connection.execute(
            f"""
            create or replace table marts.fct_usage_days as
            select account_id, date '2030-06-30' - cast(d as integer) as usage_date,
                cast(hash(account_id) % 7 + d as bigint) as event_count, 0 as marker
            from marts.dim_accounts, range({days}) as t(d)
            """
        )
        connection.execute(
            f"""
            create or replace table marts.icp_scores as
            select account_id, 'atlas-core' as icp_id, 'v1' as icp_version, '{tier}' as tier,
                {marker} as marker
            from marts.dim_accounts
            """
        )
        connection.execute(
            "create or replace table activation.sync_crm__accounts as"
            f" select account_id as crm_record_id, {marker} as marker from marts.dim_accounts"
        )
        connection.execute("create or replace table intermediate.int_secret as select 1 as x")


def passed(run_id: str = "run-1", known_at: datetime = KNOWN_AT) -> AuditOutcome:
    """Give the outcome of an audit whose only check passed."""
    check = CheckResult(
        "made_up", "marts", "marts.dim_accounts", "passed", "error", 0, "0", "0", ""
    )
    return AuditOutcome(run_id, known_at, AS_OF, (check,))


def publish_marker(
    settings: Settings, marker: int, *, incremental_min_rows: int = 10**9, **options: object
) -> PublishedVersion:
    """Build a candidate with `marker` and publish it as run `run-<marker>`."""
    build_candidate(settings, marker, **options)
    with run_lock(settings, run_id=f"run-{marker}"):
        start_run(settings, f"run-{marker}")
        return publish(settings, passed(f"run-{marker}"), incremental_min_rows=incremental_min_rows)


def published(settings: Settings, query: str) -> list[tuple]:
    """Query the published file as a new reader would."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{settings.published}' as icp (read_only)")
        connection.execute("use icp.published")
        return connection.execute(query).fetchall()
