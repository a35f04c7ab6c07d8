"""What each load mode does to the rows held, and that no failure or kill leaves half of it."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.checks.loads import skipped_files
from dagster_project.landing import entity_landing
from dagster_project.landing.dates import Zones
from dagster_project.landing.plan import EntityPlan
from dagster_project.landing.results import CountMismatchError, LandingError, RowCounts
from tests.landing_bench import LandingBench, at, plan_of

CURRENT = "select account_id, name from raw_crm.accounts where _superseded_at is null order by all"
HISTORY = (
    "select account_id, name, _superseded_at is not null, _superseded_reason "
    "from raw_crm.accounts order by _loaded_at, _row"
)


def _accounts(*rows: tuple[str, ...], header: str = "account_id,name") -> str:
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


def _snapshot(path: str = "accounts.csv") -> EntityPlan:
    return plan_of("crm.accounts", path)


def test_second_landing_of_the_same_content_does_nothing(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write("accounts.csv", _accounts(("A1", "one"), ("A2", "two")))
        first, second = bench.land(_snapshot()), bench.land(_snapshot())
        assert (first.files_loaded, first.counts.inserted) == (1, 2)
        assert (second.files_unchanged, second.counts) == (1, RowCounts(before=2, after=2))
        assert bench.rows("select status, rows_inserted from landing.loads order by loaded_at") == [
            ("loaded", 2), ("unchanged", None),
        ]  # fmt: skip


def test_a_table_of_an_earlier_version_gets_the_columns_it_lacks(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write("accounts.csv", _accounts(("A1", "one")))
        bench.land(_snapshot())
        # as a warehouse that was made before the contract had these columns
        for table, column in (("crm.accounts", "region"), ("support.tickets", "handle_minutes")):
            bench.target.connection.execute(f"alter table raw_{table} drop column {column}")
        bench.target.prepare()
        bench.write(
            "accounts.csv", _accounts(("A1", "one", "emea"), header="account_id,name,region")
        )
        bench.land(_snapshot())
        held = bench.rows(
            "select name, region, _superseded_reason from raw_crm.accounts order by 2"
        )
        assert held == [("one", "emea", None), ("one", None, "changed")]
        kind = "select data_type from duckdb_columns() where column_name = 'handle_minutes'"
        assert bench.rows(kind) == [("DOUBLE",)]


def test_snapshot_supersedes_what_changed_and_what_is_gone(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write("accounts.csv", _accounts(("A1", "one"), ("A2", "two"), ("A3", "three")))
        bench.land(_snapshot())
        bench.write("accounts.csv", _accounts(("A4", "four"), ("A2", "TWO"), ("A1", "one")))
        counts = bench.land(_snapshot()).counts
        assert counts == RowCounts(3, 0, 2, 1, 1, 1, before=3, after=3)
        assert bench.rows(HISTORY) == [
            ("A1", "one", False, None),
            ("A2", "two", True, "changed"),
            ("A3", "three", True, "deleted"),
            ("A4", "four", False, None),
            ("A2", "TWO", False, None),
        ]
        assert bench.rows("select distinct _superseded_at from raw_crm.accounts order by 1")[0] == (
            at("2024-07-03 06:00:00"),
        )


def test_dumps_of_a_glob_follow_each_other_by_name(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write("dump_2.csv", _accounts(("A1", "new")))
        bench.write("dump_1.csv", _accounts(("A1", "old"), ("A2", "two")))
        result = bench.land(_snapshot("dump_*.csv"))
        assert [load.file for load in result.files] == ["dump_1.csv", "dump_2.csv"]
        assert bench.rows(CURRENT) == [("A1", "new")]
        bench.write("dump_3.csv", _accounts(("A1", "new"), ("A5", "five")))
        result = bench.land(_snapshot("dump_*.csv"))
        assert (result.files_loaded, result.files_unchanged) == (1, 2)
        assert bench.rows(CURRENT) == [("A1", "new"), ("A5", "five")]
        bench.write("dump_1.csv", _accounts(("A1", "corrected too late")))
        late = bench.land(_snapshot("dump_*.csv")).files[0]
        assert late.status == "unchanged"
        assert late.note is not None
        assert late.note.startswith("not applied: the later full dump dump_3.csv is landed already")
        assert bench.rows(CURRENT) == [("A1", "new"), ("A5", "five")]
        # it is said until somebody does something about it, and only of this one
        notes = [load.note for load in bench.land(_snapshot("dump_*.csv")).files]
        assert notes == [late.note, None, None]
        assert skipped_files(bench.target.connection)["harbor_crm", "crm.accounts"].value == 1
        bench.write("dump_1.csv", _accounts(("A1", "old"), ("A2", "two")))
        assert bench.land(_snapshot("dump_*.csv")).files[0].note is None
        assert skipped_files(bench.target.connection) == {}


def test_numbers_in_the_names_of_dumps_count_by_their_size(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write("dump_9.csv", _accounts(("A1", "nine")))
        bench.land(_snapshot("dump_*.csv"))
        bench.write("dump_10.csv", _accounts(("A1", "ten")))
        bench.land(_snapshot("dump_*.csv"))
        assert bench.rows(CURRENT) == [("A1", "ten")]


def test_changed_mapping_reads_the_file_again(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write("accounts.csv", "account_id,name,trade_name\nA1,one,uno\n")
        bench.land(_snapshot())
        renamed = plan_of("crm.accounts", "accounts.csv", columns={"name": "trade_name"})
        assert bench.land(renamed).counts.changed == 1
        assert bench.rows(CURRENT) == [("A1", "uno")]


def test_sources_do_not_touch_each_other(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write("accounts.csv", _accounts(("A1", "one")))
        bench.land(_snapshot())
        bench.write("other.csv", _accounts(("A1", "other")))
        other = plan_of("crm.accounts", "other.csv", source="dock_crm")
        assert bench.land(other).counts == RowCounts(1, 0, 1, 0, 0, 0, before=0, after=1)
        assert bench.rows(CURRENT) == [("A1", "one"), ("A1", "other")]


def test_delta_keeps_the_newest_version_of_a_key(tmp_path: Path) -> None:
    header = "account_id,name,updated_at"
    plan = plan_of("crm.accounts", "delta_*.csv", load_mode="delta")
    with LandingBench(tmp_path) as bench:
        bench.write(
            "delta_1.csv",
            _accounts(("A1", "v2", "2024-02-01"), ("A2", "two", "2024-02-01"), header=header),
        )
        bench.land(plan)
        bench.write(
            "delta_2.csv",
            _accounts(("A1", "v1", "2024-01-01"), ("A2", "TWO", "2024-03-01"), header=header),
        )
        counts = bench.land(plan).counts
        # the late version of A1 arrives superseded, so it counts as inserted and as changed
        assert counts == RowCounts(2, 0, 2, 0, 2, 0, before=2, after=2)
        assert bench.rows(CURRENT) == [("A1", "v2"), ("A2", "TWO")]
        bench.write(
            "delta_3.csv",
            _accounts(("A1", "v1", "2024-01-01"), ("A2", "TWO", "2024-03-01"), header=header),
        )
        assert bench.land(plan).counts == RowCounts(2, 0, 0, 2, 0, 0, before=2, after=2)


def test_delta_without_order_takes_the_later_file(tmp_path: Path) -> None:
    plan = plan_of("product.users", "users_*.csv", load_mode="delta")
    with LandingBench(tmp_path) as bench:
        for day, role in (("1", "admin"), ("2", "viewer"), ("3", "admin")):
            bench.write(f"users_{day}.csv", f"user_id,role\nU1,{role}\n")
            bench.land(plan)
        current = "select role from raw_product.users where _superseded_at is null"
        assert bench.rows(current) == [("admin",)]
        assert bench.rows("select count(*) from raw_product.users") == [(3,)]


def test_an_older_delta_that_is_saved_again_undoes_nothing(tmp_path: Path) -> None:
    plan = plan_of("product.users", "users_*.csv", load_mode="delta")
    current = "select user_id, role from raw_product.users where _superseded_at is null order by 1"
    with LandingBench(tmp_path) as bench:
        bench.write("users_1.csv", "user_id,role\nU1,admin\nU2,admin\n")
        bench.write("users_2.csv", "user_id,role\nU1,viewer\n")
        bench.land(plan)
        bench.write("users_1.csv", "user_id,role\r\nU1,admin\r\nU2,admin\r\nU3,admin\r\n")
        assert bench.land(plan).counts == RowCounts(3, 0, 1, 2, 0, 0, before=2, after=3)
        assert bench.rows(current) == [("U1", "viewer"), ("U2", "admin"), ("U3", "admin")]
        # what the older file really says anew is taken, and so is what one file takes back
        bench.write("users_1.csv", "user_id,role\nU1,owner\nU2,viewer\nU3,admin\n")
        bench.land(plan)
        bench.write("users_1.csv", "user_id,role\nU1,owner\nU2,admin\nU3,admin\n")
        bench.land(plan)
        assert bench.rows(current) == [("U1", "owner"), ("U2", "admin"), ("U3", "admin")]


def test_append_adds_only_rows_not_held(tmp_path: Path) -> None:
    plan = plan_of("support.ticket_comments", "comments_*.csv", load_mode="append")
    header = "comment_id,ticket_id,created_at"

    def comments(*ids: int) -> str:
        return "\n".join([header, *(f"C{i},T1,2024-01-0{i}" for i in ids)]) + "\n"

    current = (
        "select comment_id from raw_support.ticket_comments "
        "where _superseded_at is null order by all"
    )
    with LandingBench(tmp_path) as bench:
        bench.write("comments_1.csv", comments(1, 2))
        bench.write("comments_2.csv", comments(2, 3))
        counts = bench.land(plan).counts
        assert (counts.inserted, counts.unchanged) == (3, 1)
        bench.write("comments_1.csv", comments(1, 4))
        counts = bench.land(plan).counts
        assert counts == RowCounts(2, 0, 1, 1, 0, 1, before=3, after=3)
        assert bench.rows(current) == [("C1",), ("C3",), ("C4",)]


def test_repeated_rows_of_one_file_are_all_landed(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write("accounts.csv", _accounts(("A1", "one"), ("A1", "one"), ("A1", "uno")))
        assert bench.land(_snapshot()).counts.inserted == 3
        bench.write("accounts.csv", _accounts(("A1", "one"), ("A1", "uno")))
        assert bench.land(_snapshot()).counts == RowCounts(2, 0, 0, 2, 1, 0, before=3, after=2)


def test_only_the_last_reading_says_what_did_not_parse(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        header = "account_id,employees"
        bench.write("accounts.csv", _accounts(("A1", "many"), ("A3",), ("A4", "4"), header=header))
        bench.land(_snapshot())
        bench.write("accounts.csv", _accounts(("A1", "many"), ("A2", "few"), header=header))
        assert bench.land(_snapshot()).field_errors == {("employees", "not an integer"): 2}
        assert bench.rows(
            "select row_number, value_masked, superseded_at is null from landing.field_errors "
            "order by loaded_at, row_number"
        ) == [(1, "many", False), (1, "many", True), (2, "few", True)]
        assert bench.rows(
            "select row_number, superseded_at is null from landing.unparsed_lines"
        ) == [(2, False)]


def test_one_failed_file_keeps_the_entity_as_it_was(tmp_path: Path) -> None:
    plan = plan_of("crm.accounts", "part_*.csv", load_mode="append")
    with LandingBench(tmp_path) as bench:
        bench.write("part_1.csv", _accounts(("A1", "one")))
        bench.land(plan)
        bench.write("part_2.csv", _accounts(("A2", "two")))
        bench.write("part_3.csv", "")
        bench.write("part_4.csv", "id,name\nA4,four\n")
        with pytest.raises(LandingError) as failure:
            bench.land(plan)
        assert [file for file, _ in failure.value.failures] == ["part_3.csv", "part_4.csv"]
        assert bench.rows(CURRENT) == [("A1", "one")]
        assert bench.rows("select file, status from landing.loads order by loaded_at, file") == [
            ("part_1.csv", "loaded"), ("part_3.csv", "failed"), ("part_4.csv", "failed"),
        ]  # fmt: skip
        bench.write("part_3.csv", _accounts(("A3", "three")))
        bench.write("part_4.csv", _accounts(("A4", "four")))
        assert bench.land(plan).counts.inserted == 3


def test_missing_files(tmp_path: Path) -> None:
    append = plan_of("crm.accounts", "part_*.csv", load_mode="append")
    with LandingBench(tmp_path) as bench:
        for plan in (append, _snapshot("dump_*.csv"), _snapshot()):
            with pytest.raises(LandingError, match="no file matches"):
                bench.land(plan)
        path = bench.write("part_1.csv", _accounts(("A1", "one")))
        bench.land(append)
        path.unlink()
        # deltas may be cleared away once they are landed
        assert bench.land(append).files == ()
        assert bench.rows(CURRENT) == [("A1", "one")]


def test_interrupted_landing_leaves_the_last_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with LandingBench(tmp_path) as bench:
        bench.write("accounts.csv", _accounts(("A1", "one")))
        bench.land(_snapshot())
        bench.write("accounts.csv", _accounts(("A1", "uno"), ("A2", "two")))
        with monkeypatch.context() as patched:
            patched.setattr(entity_landing, "record_problems", interrupt)
            with pytest.raises(KeyboardInterrupt):
                bench.land(_snapshot())
        assert bench.rows(CURRENT) == [("A1", "one")]
        assert bench.rows("select count(*) from landing.loads") == [(1,)]
        assert bench.land(_snapshot()).counts.inserted == 2


def test_unaccounted_rows_are_refused() -> None:
    RowCounts(3, 1, 1, 1, 0, 0, before=1, after=2).assert_balanced("balanced")
    with pytest.raises(CountMismatchError, match="3 rows read"):
        RowCounts(3, 1, 1, 0, 0, 0, before=1, after=2).assert_balanced("lost in reading")
    with pytest.raises(CountMismatchError, match="1 rows held before"):
        RowCounts(3, 1, 1, 1, 1, 0, before=1, after=2).assert_balanced("lost in superseding")


DUMPS = st.lists(
    st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from(["x", "y", "", "1"])), max_size=6),
    min_size=1,
    max_size=4,
)


@settings(max_examples=15, deadline=None)
@given(dumps=DUMPS, in_one_run=st.booleans())
def test_current_rows_equal_the_last_dump(
    dumps: list[list[tuple[str, str]]], in_one_run: bool
) -> None:
    with TemporaryDirectory() as folder, LandingBench(Path(folder)) as bench:
        for number, dump in enumerate(dumps):
            bench.write(f"dump_{number}.csv", _accounts(*dump))
            if not in_one_run:
                bench.land(_snapshot("dump_*.csv"))
        bench.land(_snapshot("dump_*.csv"))
        last = Counter((account, name or None) for account, name in dumps[-1])
        assert Counter(bench.rows(CURRENT)) == last
        landed = bench.rows("select coalesce(sum(rows_inserted), 0) from landing.loads")
        assert bench.rows("select count(*) from raw_crm.accounts") == landed


@pytest.mark.parametrize(("zone", "hour"), [("Asia/Tokyo", 15), ("America/New_York", 4)])
def test_a_delta_read_again_in_another_zone_replaces_itself(
    tmp_path: Path, zone: str, hour: int
) -> None:
    """Midnight of Tokyo is before that of Greenwich: as another version it would be the older."""
    plan = plan_of("support.tickets", "t_*.csv", load_mode="delta")
    with LandingBench(tmp_path) as bench:
        for number, day in enumerate(("2024-06-02", "2024-06-09"), start=1):
            header = "ticket_id,organization_id,created_at,updated_at"
            bench.write(f"t_{number}.csv", f"{header}\nT1,g,2024-06-02,{day}\n")
            bench.land(plan)
        bench.land(replace(plan, zones=Zones("UTC", zone)))
        current = bench.rows(
            "select hour(created_at), day(updated_at), _file from raw_support.tickets"
            " where _superseded_at is null"
        )
        assert current == [(hour, 9 if hour < 12 else 8, "t_2.csv")]
