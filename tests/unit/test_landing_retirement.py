"""Sources that are renamed or removed, and what the newest data held is."""

from pathlib import Path

from dagster_project.landing.ledger import latest_occurrence
from tests.landing_bench import LandingBench, at, plan_of

CURRENT = (
    "select _source, account_id from raw_crm.accounts where _superseded_at is null order by all"
)


def _retire(bench: LandingBench, *plans: object) -> list:
    bench.runs += 1
    return bench.target.retire_undeclared(
        plans, run_id=f"run_{bench.runs}", known_at=bench.known_at
    )


def test_renamed_source_is_not_counted_twice(tmp_path: Path) -> None:
    old, new = (plan_of("crm.accounts", "a.csv", source=name) for name in ("old_crm", "new_crm"))
    with LandingBench(tmp_path) as bench:
        bench.write("a.csv", "account_id,created_at\nA1,2024-01-02\nA2,not a date\n")
        bench.land(old)
        assert _retire(bench, old) == []
        bench.land(new)
        (result,) = _retire(bench, new)
        assert (result.source, result.entity, result.counts.deleted) == (
            "old_crm",
            old.entity.id,
            2,
        )
        assert bench.rows(CURRENT) == [("new_crm", "A1"), ("new_crm", "A2")]
        # kept, with the moment and the reason
        assert bench.rows(
            "select count(*), min(_superseded_at) from raw_crm.accounts"
            " where _superseded_reason = 'deleted'"
        ) == [(2, bench.known_at)]
        assert bench.rows(
            "select status, rows_before, rows_deleted, rows_after from landing.loads"
            " where source = 'old_crm' order by loaded_at desc limit 1"
        ) == [("retired", 2, 2, 0)]
        assert bench.rows(
            "select source, count(*) from landing.field_errors where superseded_at is null"
            " group by source"
        ) == [("new_crm", 1)]
        assert _retire(bench, new) == []


def test_source_that_is_declared_again_is_read_again(tmp_path: Path) -> None:
    plan = plan_of("crm.accounts", "a.csv", load_mode="append")
    with LandingBench(tmp_path) as bench:
        bench.write("a.csv", "account_id\nA1\n")
        bench.land(plan)
        _retire(bench)
        assert bench.rows(CURRENT) == []
        assert bench.land(plan).counts.inserted == 1
        assert bench.rows(CURRENT) == [("harbor_crm", "A1")]
        assert bench.land(plan).files_unchanged == 1


def test_rows_that_landing_did_not_write_are_left(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.target.connection.execute(
            "insert into raw_crm.accounts (account_id, _source, _load_id)"
            " values ('T1', 'pipe', 'x')"
        )
        assert _retire(bench) == []
        assert bench.rows(CURRENT) == [("pipe", "T1")]


def test_latest_occurrence_is_of_what_is_held_now(tmp_path: Path) -> None:
    plan = plan_of("crm.accounts", "a.csv")
    with LandingBench(tmp_path) as bench:
        known_at = at("2024-07-05 06:00:00")
        assert latest_occurrence(bench.target.connection, known_at, "UTC") is None
        bench.write("a.csv", "account_id,created_at\nA1,2024-07-01\nA2,2024-01-02\n")
        bench.land(plan)
        assert latest_occurrence(bench.target.connection, known_at, "UTC") == at("2024-07-01")
        assert latest_occurrence(bench.target.connection, at("2024-06-01"), "UTC") == at(
            "2024-01-02"
        )
        # the export is corrected
        bench.write("a.csv", "account_id,created_at\nA1,2023-07-01\nA2,2024-01-02\n")
        bench.land(plan)
        assert latest_occurrence(bench.target.connection, known_at, "UTC") == at("2024-01-02")
        for file, occurred, last_day in (
            ("early", "null", "2024-02-03"),
            ("future", "null", "2030-01-01"),
            ("mixed", "timestamp '2024-03-04 05:00:00'", "2030-01-01"),
        ):
            bench.target.connection.execute(
                "insert into landing.event_files"
                " (source, file, fingerprint, max_occurred, last_day, landed_at)"
                f" values ('p', '{file}', '1', {occurred}, '{last_day}', '2024-07-05')"
            )
        assert latest_occurrence(bench.target.connection, known_at, "UTC") == at(
            "2024-03-04 05:00:00"
        )
