"""The whole product on a small sample company, through the commands a user types.

The steps build on each other like days do: a first run, one with nothing new, a broken source, a
repaired one with a new day. `make test` has the first run and one broken source; each other step is
a run of its own and left to `make prove`.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from dagster_project.cli.app import app
from dagster_project.demo import create_sample
from dagster_project.resources.settings import PROJECT_ROOT, Settings


@dataclass
class Deployment:
    """One data folder, and the `icp` command on it."""

    settings: Settings

    def icp(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.settings.published), read_only=True) as connection:
            connection.execute("set schema = 'published'")
            return connection.execute(sql).fetchall()

    def status(self) -> dict:
        return json.loads((self.settings.data_dir / "run_status.json").read_text())

    def published_sha256(self) -> str:
        """Not the bytes themselves: pytest spends an hour on the difference of two databases."""
        return hashlib.sha256(self.settings.published.read_bytes()).hexdigest()

    @property
    def key(self) -> dict:
        return json.loads((self.settings.data_dir / "answer_key.json").read_text())


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("pipeline")
    settings = Settings(PROJECT_ROOT / "icp", folder / "data", folder / "data" / "sources")
    create_sample(
        settings.sources_dir,
        settings.data_dir / "answer_key.json",
        accounts=400,
        months=15,
        events=30_000,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ICP_HOME", str(settings.icp_home))
        patch.setenv("ICP_DATA_DIR", str(settings.data_dir))
        patch.setenv("ICP_SOURCES", str(settings.sources_dir))
        patch.setenv("DAGSTER_HOME", str(settings.data_dir / "dagster"))
        yield Deployment(settings)


@pytest.fixture(scope="module")
def first_run(deployment: Deployment) -> Result:
    return deployment.icp("run")


def test_first_run_publishes_and_says_what_it_did(
    deployment: Deployment, first_run: Result
) -> None:
    assert first_run.exit_code == 0, first_run.output
    failed = deployment.query("select check_name, message from data_quality where is_blocking")
    assert failed == []
    assert deployment.status()["last_success"]["as_of_date"] == deployment.key["as_of_date"]


def test_money_equals_the_answer_key(deployment: Deployment, first_run: Result) -> None:
    published = deployment.query(
        """
        select cast(period_month as varchar), product_id, cast(sum(closing_mrr) as double),
            count(*)
        from fct_mrr_product_movements where closing_mrr > 0 group by 1, 2
        union all
        select cast(period_month as varchar), null, cast(sum(closing_mrr) as double), count(*)
        from fct_mrr_movements where closing_mrr > 0 group by 1
        """
    )
    found = {(month, product): numbers for month, product, *numbers in published}
    planted = deployment.key["money"]
    assert len(planted) >= 4
    for row in planted:
        amount, customers = found[row["period_month"], row["product_id"]]
        assert amount == pytest.approx(row["closing_mrr"], abs=0.05), row
        assert customers == row["customers"], row


def test_deals_equal_the_answer_key(deployment: Deployment, first_run: Result) -> None:
    published = deployment.query(
        """
        select product_id, opportunity_type, count(*) filter (where state = 'won'),
            count(*) filter (where state = 'lost')
        from fct_opportunities group by 1, 2
        """
    )
    found = {(product, kind): counts for product, kind, *counts in published}
    for row in deployment.key["deals"]:
        assert found[row["product_id"], row["opportunity_type"]] == [row["won"], row["lost"]], row


def test_usage_equals_the_answer_key(deployment: Deployment, first_run: Result) -> None:
    planted = deployment.key["events"]
    month = planted["month"]
    published = deployment.query(
        f"""
        select product_id, cast(sum(event_count) as bigint) from fct_usage_days
        where usage_date between date '{month}' and last_day(date '{month}') group by 1
        """
    )
    counts: dict[str, dict[str, int]] = {"accepted_event_count": {}, "orphan_workspace": {}}
    for row in planted["by_kind_product_month"]:
        if row["month"] == month[:7] and row["kind"] in counts:
            counts[row["kind"]][row["product_id"]] = row["count"]
    # usage that no account claims is kept, without an account
    orphans = counts["orphan_workspace"]
    expected = {
        product: count + orphans.get(product, 0)
        for product, count in counts["accepted_event_count"].items()
    }
    assert dict(published) == expected


def test_no_planted_defect_leaks_into_a_mart(deployment: Deployment, first_run: Result) -> None:
    marts = {
        "crm.accounts": ("dim_accounts", "crm_record_id"),
        "crm.opportunities": ("fct_opportunities", "opportunity_id"),
        "support.tickets": ("fct_tickets", "ticket_id"),
    }
    judged = 0
    for defect in deployment.key["defects"]:
        if defect["entity"] not in marts or defect["is_kept"] or not defect["keys"]:
            continue
        table, column = marts[defect["entity"]]
        keys = ", ".join(f"'{key}'" for key in defect["keys"])
        repeats = 1 if defect["kind"] == "duplicate_key" else 0
        most = deployment.query(
            f"select coalesce(max(n), 0) from (select count(*) as n from {table}"
            f" where {column} in ({keys}) group by {column}) as counted"
        )[0][0]
        assert most <= repeats, defect["kind"]
        judged += 1
    assert judged >= 8


def test_status_explain_and_sync_read_what_was_published(
    deployment: Deployment, first_run: Result, tmp_path: Path
) -> None:
    assert deployment.icp("status").exit_code == 0
    account = deployment.query("select account_id from dim_accounts order by 1 limit 1")[0][0]
    assert deployment.icp("explain", account).exit_code == 0
    assert deployment.icp("explain", "nobody.example").exit_code == 1
    out = tmp_path / "changes.csv"
    assert deployment.icp("sync", "--out", str(out)).exit_code == 0
    assert out.read_text(encoding="utf-8-sig").startswith("source_system,crm_record_id,field")


@pytest.mark.prove
def test_a_run_with_nothing_new_keeps_what_is_published(
    deployment: Deployment, first_run: Result
) -> None:
    before, version = deployment.published_sha256(), deployment.status()["last_success"]
    result = deployment.icp("run")
    assert result.exit_code == 0, result.output
    assert deployment.published_sha256() == before
    assert deployment.status()["last_success"] == version


def test_a_renamed_column_stops_the_run_and_readers_notice_nothing(
    deployment: Deployment, first_run: Result
) -> None:
    source = max((deployment.settings.sources_dir / "billing").glob("subscriptions_*.csv"))
    kept = source.read_bytes()
    before = deployment.published_sha256()
    header, rest = kept.split(b"\n", 1)
    source.write_bytes(header.replace(header.split(b";")[0], b"renamed_key") + b"\n" + rest)
    try:
        assert deployment.icp("run").exit_code == 1
    finally:
        source.write_bytes(kept)
    failure = deployment.status()["last_failure"]
    assert "renamed_key" in failure["reason"]
    assert source.name in failure["reason"]
    assert deployment.icp("status").exit_code == 1
    assert deployment.published_sha256() == before


@pytest.mark.prove
def test_ninety_percent_of_the_rows_gone_stops_the_run(
    deployment: Deployment, first_run: Result
) -> None:
    source = max((deployment.settings.sources_dir / "crm").glob("contacts_*.csv"))
    kept = source.read_bytes()
    lines = kept.splitlines(keepends=True)
    source.write_bytes(b"".join(lines[: len(lines) // 10]))
    try:
        assert deployment.icp("run").exit_code == 1
    finally:
        source.write_bytes(kept)
    checks = deployment.status()["last_failure"]["checks"]
    assert any(check["relation"] == "raw_crm.contacts" for check in checks)


@pytest.mark.prove
def test_a_new_day_is_published_after_the_repair(deployment: Deployment, first_run: Result) -> None:
    assert deployment.icp("demo", "advance", "--days", "1").exit_code == 0
    days = "select count(distinct usage_date), max(usage_date) from fct_usage_days"
    before = deployment.query(days)[0]
    result = deployment.icp("run")
    assert result.exit_code == 0, result.output
    after = deployment.query(days)[0]
    assert after[0] == before[0] + 1
    assert after[1] > before[1]
    assert deployment.status()["last_success"]["as_of_date"] == deployment.key["as_of_date"]
    versions = deployment.settings.data_dir / "published" / "versions"
    assert len(list(versions.glob("*.duckdb"))) == 2


@pytest.mark.prove
def test_rollback_puts_the_version_before_back(deployment: Deployment, first_run: Result) -> None:
    newest = deployment.query("select as_of_date from publication")[0][0]
    assert deployment.icp("publish", "--rollback").exit_code == 0
    assert deployment.query("select as_of_date from publication")[0][0] < newest
