"""The CRM sync's dry run: classification, idempotence, guards on both sides, ledger and CSV."""

import csv
import datetime as dt
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from dagster_project.activation import (
    GuardLimits,
    SyncError,
    SyncPlan,
    describe,
    plan_sync,
    record_dry_run,
    write_csv,
)
from dagster_project.activation.ledger import LedgerError, last_row_count
from dagster_project.publication.state import open_state
from dagster_project.resources.settings import Settings
from tests.published_rows import PUBLISHED_AT
from tests.published_world import VERSION, build_published

NOW = PUBLISHED_AT + dt.timedelta(hours=3)
DESIRED = {
    "icp_score": 72.0,
    "icp_tier": "B",
    "icp_product": "planner",
    "icp_reasons": "+60 size_band; 0 industry",
    "icp_version": "3f9a1c77",
}


def row(number: int, desired: dict | None = None, held: dict | None = None, **other: object):
    """Make a row of sync_crm__accounts; `held` None means that the CRM holds the desired state."""
    desired = DESIRED | (desired or {})
    mirror = desired if held is None else held
    return {
        "crm_record_id": f"crm-{number}",
        "source_system": "harbor_crm",
        "crm_is_known": True,
        **desired,
        **{f"crm_{field}": value for field, value in mirror.items()},
        **other,
    }


def publish(folder: Path, rows: dict[str, list[dict]]) -> Path:
    return build_published(folder / "icp.duckdb", rows, ("publication", "sync_crm__accounts"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "icp", tmp_path, tmp_path / "sources")


@pytest.fixture
def ledger(settings: Settings) -> Path:
    """Make a state database with an empty ledger."""
    with open_state(settings):
        pass
    return settings.state


@pytest.fixture
def plan(tmp_path: Path, ledger: Path):
    """Give a function that publishes rows and plans their sync."""

    def make(rows: list[dict], **options: object) -> SyncPlan:
        publication = {"version": VERSION, "published_at": PUBLISHED_AT}
        path = publish(tmp_path, {"publication": [publication], "sync_crm__accounts": rows})
        return plan_sync(path, **{"state_path": ledger, "now": NOW} | options)

    return make


def tripped(plan: SyncPlan) -> list[str]:
    return [guard.guard for guard in plan.guards if guard.is_tripped]


def test_fields_and_records_are_classified(plan):
    result = plan(
        [
            row(1),
            row(2, held={}),
            row(3, held=DESIRED | {"icp_tier": "C"}),
            row(4, desired=dict.fromkeys(DESIRED), held={"icp_tier": "A"}),
        ]
    )
    assert result.record_counts == {"added": 1, "changed": 1, "unchanged": 1, "cleared": 1}
    tiers = {"added": 1, "changed": 1, "unchanged": 1, "cleared": 1}
    assert result.field_counts["icp_tier"] == tiers
    changed = [change for change in result.changes if change.kind == "changed"]
    assert [(c.crm_record_id, c.field, c.before, c.after) for c in changed] == [
        ("crm-3", "icp_tier", "C", "B")
    ]


def test_applied_desired_state_needs_no_change(plan):
    result = plan([row(number) for number in range(20)])
    assert result.changes == ()
    assert result.record_counts["unchanged"] == 20
    assert result.is_allowed


def test_null_never_clears_what_the_crm_holds(plan):
    result = plan([row(1, desired={"icp_score": None}, held=DESIRED)])
    assert [change.kind for change in result.changes] == ["cleared"]
    assert result.to_write == ()


@pytest.mark.parametrize(("held", "kinds"), [(72, []), (72.04, []), (72.1, ["changed"])])
def test_scores_are_compared_as_numbers(plan, held, kinds):
    result = plan([row(1, held=DESIRED | {"icp_score": held})])
    assert [change.kind for change in result.changes] == kinds


def test_text_is_compared_without_outer_blanks_and_blank_is_empty(plan):
    held = DESIRED | {"icp_tier": " B ", "icp_product": "  "}
    result = plan([row(1, held=held)])
    assert [(change.field, change.kind) for change in result.changes] == [("icp_product", "added")]


def test_score_held_as_text_that_is_no_number_is_overwritten(tmp_path, ledger):
    path = publish(tmp_path, {"sync_crm__accounts": [row(1)]})
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "alter table published.sync_crm__accounts alter crm_icp_score type varchar using 'high'"
        )
    (change,) = plan_sync(path, state_path=ledger, now=NOW).changes
    assert (change.kind, change.before, change.after) == ("changed", "high", "72.0")


@pytest.mark.parametrize(("changed", "trips"), [(5, []), (6, ["max_change"])])
def test_too_many_overwritten_records_trip(plan, changed, trips):
    other = DESIRED | {"icp_tier": "D"}
    rows = [row(number, held=other if number < changed else None) for number in range(20)]
    assert tripped(plan(rows)) == trips


def test_first_fill_is_no_overwriting(plan):
    assert tripped(plan([row(number, held={}) for number in range(20)])) == []


@pytest.mark.parametrize(("blank", "trips"), [(5, []), (6, ["null_guard"])])
def test_too_many_blanks_of_ours_trip(plan, blank, trips):
    rows = [
        row(number, desired={"icp_score": None} if number < blank else {}, held=DESIRED)
        for number in range(20)
    ]
    assert tripped(plan(rows)) == trips


def test_repeated_or_missing_record_ids_trip(plan):
    assert tripped(plan([row(1), row(1)])) == ["duplicate_ids"]
    assert tripped(plan([row(1, crm_record_id=None), row(2)])) == ["duplicate_ids"]
    assert tripped(plan([row(1), row(1, source_system="other_crm")])) == []


@pytest.mark.parametrize("known", [False, None])
def test_record_that_the_crm_does_not_hold_trips(plan, known):
    assert tripped(plan([row(1), row(2, crm_is_known=known)])) == ["unknown_ids"]


@pytest.mark.parametrize(
    ("hours", "trips"), [(36, []), (36.1, ["stale_publication"]), (-1, ["stale_publication"])]
)
def test_old_publication_trips(plan, hours, trips):
    assert tripped(plan([row(1)], now=PUBLISHED_AT + dt.timedelta(hours=hours))) == trips


@pytest.mark.parametrize(("left", "trips"), [(18, []), (17, ["dropped_rows"])])
def test_drop_of_rows_against_the_last_run_trips(plan, settings, left, trips):
    record_dry_run(plan([row(number) for number in range(20)]), settings, "sync-1")
    assert tripped(plan([row(number) for number in range(left)])) == trips


def test_stopped_run_is_no_yardstick(plan, settings):
    record_dry_run(plan([row(number) for number in range(20)]), settings, "sync-1")
    broken = plan([row(1)])
    record_dry_run(broken, settings, "sync-2")
    assert tripped(plan([row(1)])) == ["dropped_rows"]


def test_first_plan_without_rows_trips(plan):
    assert tripped(plan([])) == ["dropped_rows"]


def test_guard_that_cannot_be_evaluated_trips(tmp_path):
    path = publish(tmp_path, {"sync_crm__accounts": [row(1)]})
    with duckdb.connect(str(path)) as connection:
        connection.execute("alter table published.sync_crm__accounts drop crm_is_known")
    result = plan_sync(path, state_path=tmp_path / "missing.duckdb", now=NOW)
    assert tripped(result) == ["unknown_ids", "stale_publication", "dropped_rows"]
    assert "could not be evaluated" in result.guards[-1].message


def test_limits_can_be_set(plan):
    rows = [row(1, held=DESIRED | {"icp_tier": "D"})]
    assert tripped(plan(rows)) == ["max_change"]
    assert tripped(plan(rows, limits=GuardLimits(max_changed_share=1.0))) == []


@pytest.mark.parametrize("fields", [("owner_id",), ("icp_tier; drop",), (), ("icp_tier",) * 2])
def test_fields_that_are_not_ours_are_refused(plan, fields):
    with pytest.raises(SyncError):
        plan([row(1)], fields=fields)


def test_only_listed_fields_are_planned(plan):
    result = plan([row(1, held={})], fields=("icp_tier",))
    assert [change.field for change in result.changes] == ["icp_tier"]


def test_missing_file_or_mirror_says_what_to_do(tmp_path, plan):
    with pytest.raises(SyncError, match="icp run"):
        plan_sync(tmp_path / "none.duckdb")
    with pytest.raises(SyncError, match="lacks icp_grade, crm_icp_grade"):
        plan([row(1)], fields=("icp_grade",))


def test_digest_follows_content_only(plan):
    rows = [row(1, held={}), row(2)]
    first, later = plan(rows), plan(rows, now=NOW + dt.timedelta(hours=1))
    assert first.digest == later.digest
    assert plan([row(1, held={}, desired={"icp_tier": "C"}), row(2)]).digest != first.digest
    # a value that is not written is no part of the plan
    kept = row(3, desired={"icp_score": None}, held=DESIRED)
    assert plan([*rows, kept]).digest == first.digest


def test_ledger_keeps_counts_and_verdict(plan, ledger, settings):
    result = plan([row(1, held={}), row(2)])
    record_dry_run(result, settings, "sync-1")
    with duckdb.connect(str(ledger), read_only=True) as connection:
        kept = connection.execute(
            "select mode, record_count, added_count, unchanged_count, digest, is_allowed,"
            " tripped_guards from state.sync_runs"
        ).fetchall()
    assert kept == [("dry_run", 2, 1, 1, result.digest, True, None)]
    assert last_row_count(ledger) == 2


def test_ledger_that_cannot_be_opened_is_named(plan, settings, ledger):
    result = plan([row(1)])
    ledger.write_text("no database")
    with pytest.raises(LedgerError, match="state.duckdb cannot be written"):
        record_dry_run(result, settings, "sync-1")
    with pytest.raises(LedgerError, match="cannot be read"):
        last_row_count(ledger)


def test_csv_holds_every_difference(plan, tmp_path):
    held = DESIRED | {"icp_tier": "C", "icp_reasons": 'Zürich, "quoted"\nline'}
    result = plan([row(1, held=held), row(2, desired={"icp_score": None}, held=DESIRED)])
    path = tmp_path / "out" / "plan.csv"
    assert write_csv(result, path) == 3
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["crm_record_id"], line["field"], line["kind"]) for line in lines] == [
        ("crm-1", "icp_reasons", "changed"),
        ("crm-1", "icp_tier", "changed"),
        ("crm-2", "icp_score", "cleared"),
    ]
    assert lines[0]["before"] == 'Zürich, "quoted"\nline'
    assert lines[0]["after"] == "'+60 size_band; 0 industry"  # not a formula
    assert [line["is_written"] for line in lines] == ["true", "true", "false"]
    assert lines[2]["after"] == ""


def test_description_names_counts_and_guards(plan):
    lines = describe(plan([row(1, held={}), row(2)]))
    assert "2 CRM records: 1 would get their first values" in lines[1]
    assert lines[-1].endswith("passes every guard.")
    assert any(line.startswith("ok max_change") for line in lines)
    stopped = describe(plan([row(1), row(1)]))
    assert stopped[-1].endswith("would be stopped by duplicate_ids.")


def test_plan_without_publication_describes_itself(plan):
    unknown = replace(plan([row(1)]), version=None, published_at=None, as_of_date=None)
    assert "version unknown" in describe(unknown)[0]
