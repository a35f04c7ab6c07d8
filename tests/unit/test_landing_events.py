"""The event lake: what is new, which days it touches, and what the view reads."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from dagster_project.icp.entities import EVENTS
from dagster_project.landing import event_landing
from dagster_project.landing.dates import Zones
from dagster_project.landing.events import (
    mark_usage_built,
    pending_usage_days,
)
from dagster_project.landing.plan import ColumnPlan, EntityPlan
from dagster_project.landing.results import LandingError, LandingResult
from tests.landing_bench import LandingBench, at, plan_of

LAKE = "events/**/*.parquet"
DAY_1, DAY_2, DAY_3 = date(2024, 6, 1), date(2024, 6, 2), date(2024, 6, 3)


def _write_partition(
    bench: LandingBench, day: date, occurred: list[str], *, name: str = "a", extra: str = ""
) -> Path:
    folder = bench.sources / f"events/dt={day}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.parquet"
    moments = ", ".join(f"(timestamp '{moment}')" for moment in occurred)
    duckdb.sql(
        f"""
        copy (
            select 'E' || row_number() over () || '-{day}-{name}' as event_id,
                'ws_1' as account_key, 'viewed' as event_name, occurred_at,
                timestamp '{day} 12:00:00' as received_at {extra}
            from (values {moments}) as events(occurred_at)
        ) to '{path}' (format parquet)
        """
    )
    return path


def _plan(path: str = LAKE, **settings: object) -> EntityPlan:
    settings.setdefault("load_mode", "append")
    return plan_of(EVENTS.id, path, source="product_app", **settings)


def _land(bench: LandingBench, *plans: EntityPlan) -> LandingResult:
    return bench.land_events(*(plans or (_plan(),)))[0]


def _built(bench: LandingBench) -> None:
    mark_usage_built(bench.target.connection, bench.known_at)


def _pending(bench: LandingBench) -> list[tuple[date, date]]:
    return pending_usage_days(bench.target.connection)


def test_without_events_the_view_is_empty_and_typed(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        assert bench.land_events() == []
        described = bench.rows("describe raw_product.events")
        columns = {name: kind for name, kind, *_ in described}
        assert list(columns) == [
            *(column.name for column in EVENTS.columns), "dt", "_source", "_file",
        ]  # fmt: skip
        assert (columns["occurred_at"], columns["dt"]) == ("TIMESTAMP", "DATE")
        assert bench.rows("select count(*) from raw_product.events") == [(0,)]


def test_events_are_read_in_place(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        _write_partition(bench, DAY_1, ["2024-06-01 10:00:00", "2024-06-01 11:00:00"])
        _write_partition(bench, DAY_2, ["2024-06-02 10:00:00", "2099-01-01 00:00:00"])
        result = _land(bench)
        assert (result.files_loaded, result.counts.inserted) == (2, 4)
        assert result.max_occurred == at("2024-06-02 10:00:00")
        assert bench.rows(
            "select event_id, account_key, event_count, dt, _source, _file "
            "from raw_product.events where dt = date '2024-06-01' order by event_id"
        ) == [
            (f"E{number}-2024-06-01-a", "ws_1", None, DAY_1, "product_app",
             "events/dt=2024-06-01/a.parquet")
            for number in (1, 2)
        ]  # fmt: skip
        again = _land(bench)
        assert (again.files_loaded, again.files_unchanged, again.counts.inserted) == (0, 2, 0)
        assert bench.rows("select status, rows_read from landing.loads order by loaded_at") == [
            ("loaded", 4), ("unchanged", None),
        ]  # fmt: skip


def test_brackets_in_the_name_of_the_folder_are_no_pattern(tmp_path: Path) -> None:
    folder = tmp_path / "exports [2024]"
    folder.mkdir()
    with LandingBench(folder) as bench:
        _write_partition(bench, DAY_1, ["2024-06-01 10:00:00"])
        assert _land(bench).counts.inserted == 1
        found = bench.rows("select event_id, _file from raw_product.events")
        assert found == [("E1-2024-06-01-a", "events/dt=2024-06-01/a.parquet")]


def test_filter_on_receipt_day_opens_only_its_files(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        for number in range(1, 6):
            day = date(2024, 6, number)
            _write_partition(bench, day, [f"{day} 10:00:00"])
        bench.write("clicks.csv", "event_id,account_key,event_name,occurred_at\n1,w,v,2024-06-03\n")
        _land(bench, _plan(), plan_of(EVENTS.id, "clicks.csv", source="site"))
        explained = bench.rows(
            "explain analyze select count(*) from raw_product.events where dt = date '2024-06-03'"
        )[0][1]
        assert "Scanning Files: 1/5" in explained
        everything = bench.rows("select count(*) from raw_product.events")
        assert everything == [(6,)]


def test_pending_days_follow_new_changed_late_and_removed_files(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        first = _write_partition(bench, DAY_1, ["2024-06-01 10:00:00"])
        _land(bench)
        assert _pending(bench) == [(DAY_1, DAY_1)]
        _built(bench)
        assert _pending(bench) == []
        # a late event: its own day and the new one, not those between; one too late: no day
        moments = ["2024-06-03 09:00:00", "2024-05-29 08:00:00", "2023-05-20 08:00:00"]
        _write_partition(bench, DAY_3, moments)
        _land(bench)
        late = date(2024, 5, 29)
        assert _pending(bench) == [(late, late), (DAY_3, DAY_3)]
        _built(bench)
        # the changed file holds another day: the old day has to be built again too
        _write_partition(bench, DAY_1, ["2024-06-02 10:00:00", "2024-06-02 11:00:00"])
        counts = _land(bench).counts
        assert (counts.inserted, counts.changed, counts.before, counts.after) == (2, 1, 4, 5)
        assert _pending(bench) == [(DAY_1, DAY_2)]
        _built(bench)
        first.unlink()
        counts = _land(bench).counts
        assert (counts.deleted, counts.after) == (2, 3)
        assert _pending(bench) == [(DAY_2, DAY_2)]
        assert bench.rows("select count(*) from raw_product.events") == [(3,)]


def test_removed_source_leaves_the_view(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        _write_partition(bench, DAY_1, ["2024-06-01 10:00:00"])
        _land(bench)
        _built(bench)
        bench.land_events()
        assert bench.rows("select count(*) from raw_product.events") == [(0,)]
        assert _pending(bench) == [(DAY_1, DAY_1)]


def test_new_column_and_mapping_of_parquet_events(tmp_path: Path) -> None:
    columns = {
        "feature": ColumnPlan(("area",), value_map=(("Old Board", "board"),)),
        "event_count": ColumnPlan(("times",)),
    }
    with LandingBench(tmp_path) as bench:
        extra = ", 'old board' as area, '3' as times"
        _write_partition(bench, DAY_1, ["2024-06-01 10:00:00"], extra=extra)
        _write_partition(bench, DAY_2, ["2024-06-02 10:00:00"], extra=f"{extra}, 'u1' as user_id")
        _land(bench, _plan(columns=columns, zones=Zones("Europe/Berlin")))
        assert bench.rows(
            "select feature, event_count, user_id, occurred_at from raw_product.events order by dt"
        ) == [
            ("board", 3, None, at("2024-06-01 08:00:00")),
            ("board", 3, "u1", at("2024-06-02 08:00:00")),
        ]


def test_missing_event_column_and_broken_file_fail_with_their_name(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        _write_partition(bench, DAY_1, ["2024-06-01 10:00:00"])
        _land(bench)
        with pytest.raises(LandingError, match=r"dt=2024-06-01/a.parquet has no column 'area'"):
            _land(bench, _plan(columns={"feature": "area"}))
        broken = bench.sources / "events/dt=2024-06-02/b.parquet"
        broken.parent.mkdir()
        broken.write_bytes(b"PAR1 cut off")
        with pytest.raises(LandingError, match=r"b.parquet is not a readable Parquet file"):
            _land(bench)
        broken.unlink()
        assert bench.rows("select count(*) from raw_product.events") == [(1,)]
        failed = bench.rows("select file, status from landing.loads where status = 'failed'")
        assert failed == [(LAKE, "failed")] * 2


CLICKS = "event_id,account_key,event_name,occurred_at,received_at\n"


def test_csv_events_are_converted_once_and_replaced_whole(tmp_path: Path) -> None:
    plan = _plan("clicks_*.csv")
    with LandingBench(tmp_path) as bench:
        bench.write(
            "clicks_1.csv",
            CLICKS + "1,w,v,2024-06-01 10:00:00,2024-06-02\n2,w,v,soon,2024-06-02\n3,w\n",
        )
        result = _land(bench, plan)
        counts = result.counts
        assert (counts.read, counts.unparsed, counts.inserted) == (3, 1, 2)
        assert result.field_errors == {("occurred_at", "not a date"): 1}
        assert bench.rows("select event_id, dt, _file from raw_product.events order by all") == [
            ("1", DAY_2, "clicks_1.csv"), ("2", DAY_2, "clicks_1.csv"),
        ]  # fmt: skip
        written = sorted(bench.lake.rglob("*.parquet"))
        assert [path.parent.relative_to(bench.lake).as_posix() for path in written] == [
            "product_app/dt=2024-06-02"
        ]
        _built(bench)
        assert _land(bench, plan).counts.inserted == 0
        assert sorted(bench.lake.rglob("*.parquet")) == written
        bench.write("clicks_1.csv", CLICKS + "1,w,v,2024-06-03 10:00:00,2024-06-03\n")
        counts = _land(bench, plan).counts
        assert (counts.inserted, counts.changed, counts.after) == (1, 2, 1)
        assert bench.rows("select event_id, dt from raw_product.events") == [("1", DAY_3)]
        assert not written[0].exists()
        assert _pending(bench) == [(DAY_1, DAY_1), (DAY_3, DAY_3)]


def test_lost_conversion_is_made_again(tmp_path: Path) -> None:
    plan = _plan("clicks.jsonl")
    line = '{"event_id": "1", "account_key": "w", "event_name": "v", "occurred_at": 1717236000}\n'
    with LandingBench(tmp_path) as bench:
        bench.write("clicks.jsonl", line)
        _land(bench, plan)
        for path in bench.lake.rglob("*.parquet"):
            path.unlink()
        bench.target.prepare()
        assert bench.rows("select count(*) from raw_product.events") == [(0,)]
        counts = _land(bench, plan).counts
        assert (counts.inserted, counts.changed, counts.after) == (1, 1, 1)
        assert bench.rows("select occurred_at, dt from raw_product.events") == [
            (at("2024-06-01 10:00:00"), DAY_1)
        ]


def test_interrupted_conversion_leaves_the_last_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    plan = _plan("clicks.csv")
    with LandingBench(tmp_path) as bench:
        bench.write("clicks.csv", CLICKS + "1,w,v,2024-06-01,2024-06-01\n")
        _land(bench, plan)
        bench.write("clicks.csv", CLICKS + "2,w,v,2024-06-01,2024-06-01\n")
        with monkeypatch.context() as patched:
            patched.setattr(event_landing, "replace_events_view", interrupt)
            with pytest.raises(KeyboardInterrupt):
                _land(bench, plan)
        assert bench.rows("select event_id from raw_product.events") == [("1",)]
        _land(bench, plan)
        assert bench.rows("select event_id from raw_product.events") == [("2",)]
        assert len(list(bench.lake.rglob("*.parquet"))) == 1


def test_events_table_of_another_tool_is_left_alone(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        connection = bench.target.connection
        connection.execute("drop view raw_product.events")
        connection.execute("create table raw_product.events as select 1 as event_id")
        bench.target.prepare()
        bench.land_events()
        assert bench.rows("select event_id from raw_product.events") == [(1,)]
