"""What is remembered of builds, and what follows from it for the next run and for the gate."""

from collections.abc import Iterator
from datetime import date, datetime

import duckdb
import pytest

from dagster_project.publication.build_record import (
    AsOfInFutureError,
    Build,
    builds_since,
    built_definition,
    company_time_zone,
    decide_as_of,
    latest_build,
    record_build,
    usage_definition,
)

TEN = datetime(2030, 7, 1, 10)  # noqa: DTZ001 - naive UTC
ELEVEN = datetime(2030, 7, 1, 11)  # noqa: DTZ001
LATE = datetime(2030, 7, 1, 16)  # noqa: DTZ001
DAY = date(2030, 6, 30)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as memory:
        memory.execute("create schema icp_registry")
        memory.execute(
            "create table icp_registry.products (product_id text, value_event text,"
            " active_event text, gross_margin double)"
        )
        memory.execute("create table icp_registry.company as select 'UTC' as time_zone")
        memory.execute("create table icp_registry.product_aliases (alias text, product_id text)")
        memory.execute("insert into icp_registry.products values ('atlas', 'shared', 'opened', 1)")
        yield memory


def test_a_build_that_did_not_end_hides_the_one_before(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    record_build(connection, Build("first", ELEVEN, DAY), is_complete=True)
    # queued earlier, run later: the order of running decides, not the clock
    record_build(connection, Build("second", TEN, DAY), is_complete=False)
    assert latest_build(connection) is None
    record_build(connection, Build("second", TEN, DAY), is_complete=True)
    latest = latest_build(connection)
    assert latest is not None
    assert latest.run_id == "second"


def test_two_builds_of_one_second_are_told_apart(connection: duckdb.DuckDBPyConnection) -> None:
    record_build(connection, Build("failed", TEN, DAY), is_complete=False)
    record_build(connection, Build("ended", TEN, DAY), is_complete=True)
    latest = latest_build(connection)
    assert latest is not None
    assert latest.run_id == "ended"


def test_everything_since_the_published_run_is_listed(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    for name in ("published", "refused", "candidate"):
        record_build(connection, Build(name, TEN, DAY), is_complete=True)
    assert [build.run_id for build in builds_since(connection, "published")] == [
        "refused",
        "candidate",
    ]
    assert len(builds_since(connection, "never heard of")) == 3


def test_a_changed_value_event_is_a_new_usage_definition_and_a_margin_is_not(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    before = usage_definition(connection)
    record_build(connection, Build("one", TEN, DAY, None, None, before), is_complete=True)
    connection.execute("update icp_registry.products set gross_margin = 0.5")
    assert usage_definition(connection) == built_definition(connection)
    for change in ("products set value_event = 'exported'", "company set time_zone = 'Asia/Tokyo'"):
        before = usage_definition(connection)
        connection.execute(f"update icp_registry.{change}")
        assert usage_definition(connection) not in (before, built_definition(connection))


def test_a_declared_as_of_date_is_taken_as_it_is(connection: duckdb.DuckDBPyConnection) -> None:
    assert decide_as_of(connection, DAY, TEN, "UTC") == DAY
    assert decide_as_of(connection, "2029-01-31", TEN, "UTC") == date(2029, 1, 31)
    assert decide_as_of(connection, "today", TEN, "UTC") == date(2030, 7, 1)


def test_an_as_of_date_that_has_not_come_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    assert decide_as_of(connection, date(2030, 7, 1), TEN, "UTC") == date(2030, 7, 1)
    for declared in (date(2030, 7, 2), "2030-07-02"):
        with pytest.raises(
            AsOfInFutureError, match=r"as_of is 2030-07-02, and today is 2030-07-01"
        ):
            decide_as_of(connection, declared, TEN, "UTC")
    # in the company's zone the day may have come already
    assert decide_as_of(connection, "2030-07-02", LATE, "Asia/Tokyo") == date(2030, 7, 2)


def test_without_definitions_days_are_utc_days(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("update icp_registry.company set time_zone = 'Asia/Tokyo'")
    assert company_time_zone(connection) == "Asia/Tokyo"
    connection.execute("drop table icp_registry.company")
    assert company_time_zone(connection) == "UTC"


def test_today_is_the_day_of_the_company(connection: duckdb.DuckDBPyConnection) -> None:
    days = [decide_as_of(connection, "today", TEN, zone) for zone in ("Asia/Tokyo", "Etc/GMT+12")]
    assert days == [date(2030, 7, 1), date(2030, 6, 30)]
