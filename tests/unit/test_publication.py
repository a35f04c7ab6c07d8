"""Publishing, patching, versions and rollback on hand-made candidates."""

import os
import stat
from datetime import date
from pathlib import Path

import duckdb
import pytest
from gate_candidate import (
    AS_OF,
    KNOWN_AT,
    build_candidate,
    passed,
    publish_marker,
    published,
    settings_in,
)

from dagster_project.checks.results import unevaluated
from dagster_project.publication import status
from dagster_project.publication.audit import AuditOutcome
from dagster_project.publication.durable import UNFINISHED
from dagster_project.publication.lock import run_lock
from dagster_project.publication.publish import (
    KEPT_VERSIONS,
    LockNotHeldError,
    PublicationBlockedError,
    kept_versions,
    publish,
    rollback,
)
from dagster_project.resources.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


def _content(settings: Settings) -> dict[str, list[tuple]]:
    tables = published(
        settings,
        "select table_name from information_schema.tables where table_catalog = 'icp'"
        " and table_name <> 'publication' order by 1",
    )
    return {name: sorted(published(settings, f"from {name}")) for (name,) in tables}


def test_published_file_holds_every_mart_and_nothing_of_the_build(settings: Settings) -> None:
    version = publish_marker(settings, 1)
    tables = published(
        settings,
        "select table_schema, table_name, table_type from information_schema.tables"
        " where table_catalog = 'icp' order by 2",
    )
    names = [name for _, name, _ in tables]
    assert names == [
        "data_quality", "dim_accounts", "drifted_values", "fct_usage_days", "icp_scores",
        "publication", "publication_basis", "restatements", "sync_crm__accounts",
        "sync_runs", "tier_history",
    ]  # fmt: skip
    assert {schema for schema, _, _ in tables} == {"published"}
    assert {kind for _, _, kind in tables} == {"BASE TABLE"}
    row = published(settings, "select version, as_of_date, known_at, run_id from publication")
    assert row == [(version.version, AS_OF, KNOWN_AT, "run-1")]
    assert not list(settings.published.parent.rglob("*.wal"))


def test_open_reader_keeps_its_version_and_a_new_one_sees_the_next(settings: Settings) -> None:
    publish_marker(settings, 1)
    with duckdb.connect(":memory:") as reader:
        reader.execute(f"attach '{settings.published}' as icp (read_only)")
        inode = settings.published.stat().st_ino
        publish_marker(settings, 2)
        assert reader.execute("select max(marker) from icp.published.dim_accounts").fetchall() == [
            (1,)
        ]
        assert settings.published.stat().st_ino != inode
    assert published(settings, "select distinct marker from dim_accounts") == [(2,)]


def test_published_file_cannot_be_written_by_mistake(settings: Settings) -> None:
    publish_marker(settings, 1)
    assert stat.S_IMODE(settings.published.stat().st_mode) == 0o444


@pytest.mark.parametrize("change", ["one day", "merge", "new and gone days", "new column", "all"])
def test_patched_version_equals_a_full_copy(tmp_path: Path, change: str) -> None:
    """Publish the same two candidates once by patching and once whole, and compare everything."""
    contents = []
    for name, min_rows in (("patched", 0), ("whole", 10**9)):
        own = settings_in(tmp_path / name)
        publish_marker(own, 1)
        build_candidate(own, 2)
        with duckdb.connect(str(own.warehouse)) as warehouse:
            for statement in _CHANGES[change]:
                warehouse.execute(statement)
        with run_lock(own, run_id="run-2"):
            publish(own, passed("run-2"), incremental_min_rows=min_rows)
        content = _content(own)
        # versions are named by the clock
        content["tier_history"] = [row[:4] for row in content["tier_history"]]
        contents.append(content)
    assert contents[0] == contents[1]
    assert contents[0]["fct_usage_days"]


_CHANGES: dict[str, list[str]] = {
    "one day": [
        "update marts.fct_usage_days set event_count = event_count + 1"
        " where usage_date = date '2030-06-30'"
    ],
    # sums per day stay the same: only the account changes
    "merge": [
        "update marts.fct_usage_days set account_id = 'acc-1' where account_id = 'acc-2'"
        " and usage_date < date '2030-06-10'"
    ],
    "new and gone days": [
        "update marts.fct_usage_days set usage_date = date '2030-07-01'"
        " where usage_date = date '2030-06-15'"
    ],
    "new column": ["alter table marts.fct_usage_days add column feature_count bigint"],
    "all": ["update marts.fct_usage_days set event_count = event_count + 1"],
}


def test_patching_rewrites_only_the_days_that_changed(settings: Settings) -> None:
    publish_marker(settings, 1)
    build_candidate(settings, 2)
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        warehouse.execute(_CHANGES["one day"][0])
    with duckdb.connect(str(settings.published.parent / "try.duckdb")) as connection:
        from dagster_project.publication.patching import patch_table

        connection.execute(f"attach '{settings.warehouse}' as candidate (read_only)")
        connection.execute(f"attach '{settings.published}' as old (read_only)")
        connection.execute("create table usage as from old.published.fct_usage_days")
        assert patch_table(connection, "candidate.marts.fct_usage_days", "usage", "usage_date")
        changed = connection.execute("select bucket from changed_buckets").fetchall()
    assert changed == [(date(2030, 6, 30),)]


def test_mart_that_is_gone_from_the_candidate_is_gone_from_a_patched_version(
    settings: Settings,
) -> None:
    publish_marker(settings, 1)
    build_candidate(settings, 2)
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        warehouse.execute("drop table activation.sync_crm__accounts")
    with run_lock(settings, run_id="run-2"):
        publish(settings, passed("run-2"), incremental_min_rows=0)
    assert "sync_crm__accounts" not in _content(settings)


def test_failed_audit_is_never_published(settings: Settings) -> None:
    publish_marker(settings, 1)
    before = settings.published.stat().st_ino
    build_candidate(settings, 2)
    failure = unevaluated("made_up", "marts", "marts.dim_accounts", "it is a test")
    blocked = AuditOutcome(
        "run-2", KNOWN_AT, AS_OF, (failure.__class__(**{**failure.__dict__, "is_blocking": True}),)
    )
    with run_lock(settings, run_id="run-2"), pytest.raises(PublicationBlockedError, match="a test"):
        publish(settings, blocked)
    assert settings.published.stat().st_ino == before


def test_audit_without_any_check_is_not_passed() -> None:
    assert not AuditOutcome("run-1", KNOWN_AT, AS_OF, ()).is_passed


def test_publishing_without_the_lock_is_refused(settings: Settings) -> None:
    build_candidate(settings, 1)
    with pytest.raises(LockNotHeldError, match="run_lock"):
        publish(settings, passed())
    assert not settings.published.exists()


def test_five_versions_are_kept_and_any_can_be_restored(settings: Settings) -> None:
    made = [publish_marker(settings, marker).version for marker in range(7)]
    assert [path.stem for path in kept_versions(settings)] == made[-KEPT_VERSIONS:]
    restored = rollback(settings)
    assert restored.version == made[5]
    assert published(settings, "select distinct marker from dim_accounts") == [(5,)]
    assert rollback(settings).version == made[4]
    assert rollback(settings, made[3]).version == made[3]
    # and forward again
    assert rollback(settings, made[6]).version == made[6]
    with pytest.raises(LookupError, match=made[6]):
        rollback(settings, made[0])


def test_rollback_costs_no_second_copy(settings: Settings) -> None:
    publish_marker(settings, 1)
    publish_marker(settings, 2)
    oldest = kept_versions(settings)[0]
    rollback(settings)
    assert settings.published.stat().st_ino == oldest.stat().st_ino


def test_first_version_has_nothing_to_roll_back_to(settings: Settings) -> None:
    with pytest.raises(LookupError, match="Versions kept: none"):
        rollback(settings)
    version = publish_marker(settings, 1)
    with pytest.raises(LookupError, match=version.version):
        rollback(settings)


def test_file_system_without_hard_links_gets_a_copy(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    publish_marker(settings, 1)
    publish_marker(settings, 2)
    assert published(settings, "select distinct marker from dim_accounts") == [(2,)]
    assert len(kept_versions(settings)) == 2
    rollback(settings)
    assert published(settings, "select distinct marker from dim_accounts") == [(1,)]


def test_leftovers_of_killed_runs_are_swept(settings: Settings) -> None:
    publish_marker(settings, 1)
    versions = settings.published.parent / "versions"
    leftovers = [
        versions / f".20300101T000000_000000.duckdb{UNFINISHED}",
        versions / f".20300101T000000_000000.duckdb{UNFINISHED}.wal",
        settings.published.parent / f".icp.duckdb.0f{UNFINISHED}",
        settings.data_dir / f".run_status.json.0f{UNFINISHED}",
    ]
    for path in leftovers:
        path.write_bytes(b"half")
    publish_marker(settings, 2)
    assert not [path for path in leftovers if path.exists()]
    assert published(settings, "select distinct marker from dim_accounts") == [(2,)]


def test_table_without_rules_is_not_published(settings: Settings) -> None:
    build_candidate(settings, 1)
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        warehouse.execute("create table marts.fct_deals as select 1 as deal")
        # of a name that has rules, in the other schema
        warehouse.execute("create table activation.dim_products as select 1 as product")
    with run_lock(settings, run_id="run-1"):
        publish(settings, passed())
    names = set(_content(settings))
    assert {"dim_accounts", "sync_crm__accounts"} <= names
    assert names.isdisjoint({"fct_deals", "dim_products"})


def test_folder_with_an_apostrophe_and_brackets_is_published_and_rolled_back(
    tmp_path: Path,
) -> None:
    settings = settings_in(tmp_path / "it's data [x]")
    first = publish_marker(settings, 1)
    publish_marker(settings, 2)
    rollback(settings)
    now = status(settings)
    assert now.published is not None
    assert now.published.version == first.version
    assert len(now.restorable) == 1
