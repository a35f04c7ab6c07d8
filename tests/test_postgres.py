"""Target `postgres` on a server from a wheel: the rows of DuckDB, and one version at a time."""

import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest
from engine_rows import table_difference, tables_of
from kpi_world import random_kpi_rows
from postgres_server import running_server
from raw_world import KNOWN_AT, build_raw_world

from dagster_project.resources import dbt
from dagster_project.resources.postgres import attach_server, run_on_server
from dagster_project.resources.postgres_exchange import (
    READ_BY_PYTHON,
    send_landed,
    show_version,
    shown_version,
)
from dagster_project.resources.settings import PROJECT_ROOT, Settings

#: Few models that between them read raw tables and touch dates, money, text and a series of months;
#: all of them are compared in tests/prove/test_postgres_pipeline.py.
SMOKE = ("int_accounts", "int_months", "int_spend_months")


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    with running_server():
        yield


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, tmp_path, tmp_path, target="postgres")


def on_server(query: str) -> list[tuple]:
    with duckdb.connect(":memory:") as connection:
        attach_server(connection, "server", read_only=True)
        return connection.execute("select * from postgres_query('server', ?)", [query]).fetchall()


@pytest.fixture
def few_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give dbt a project of the smoke's models alone: it parses the whole one for each target."""
    project = tmp_path / "project"
    models = {path.stem: path for path in (dbt.DBT_PROJECT / "models").rglob("*.sql")}
    # the rates are read by a macro
    wanted, files = [*SMOKE, "stg_finance__fx_rates"], [dbt.DBT_PROJECT / "dbt_project.yml"]
    for name in wanted:
        references = re.findall(r"ref\('(\w+)'\)", models[name].read_text(encoding="utf-8"))
        wanted += [name for name in references if name not in wanted]
    files += [dbt.DBT_PROJECT / "profiles.yml", *(dbt.DBT_PROJECT / "macros").glob("*.sql")]
    files += [*(models[name] for name in wanted), dbt.DBT_PROJECT / "models" / "_groups.yml"]
    files += (dbt.DBT_PROJECT / "models").rglob("_*sources.yml")
    for path in files:
        copied = project / path.relative_to(dbt.DBT_PROJECT)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)
    monkeypatch.setattr(dbt, "DBT_PROJECT", project)
    # the parse of the whole project stays for the tests that come after
    monkeypatch.setattr(dbt, "_last_parse", {})


def build(settings: Settings) -> None:
    outcome = dbt.run_dbt(
        ["run"], settings=settings, known_at=KNOWN_AT, as_of_date=date(2030, 6, 30)
    )
    assert outcome.success, outcome.error or outcome.failed


@pytest.mark.usefixtures("few_models")
def test_models_give_the_same_rows_on_postgres(settings: Settings, tmp_path: Path) -> None:
    local = replace(settings, data_dir=tmp_path / "local", target="duckdb")
    local.data_dir.mkdir()
    build_raw_world(local.warehouse, random_kpi_rows(20, seed=5))
    shutil.copyfile(local.warehouse, settings.warehouse)
    build(local)
    send_landed(settings)
    build(settings)
    with duckdb.connect(str(local.warehouse)) as connection:
        attach_server(connection, "server", read_only=True)
        tables = tables_of(connection, "warehouse", "intermediate")
        found = [
            table_difference(connection, f"intermediate.{name}", f"server.intermediate.{name}")
            for name in tables
        ]
        rows = {name: connection.sql(f"from intermediate.{name}").shape[0] for name in SMOKE}
    assert min(rows.values()) > 0, rows
    assert [difference for difference in found if difference] == []


def version_file(folder: Path, version: str, rows: int, *columns: str) -> Path:
    """Write a version of two tables, each row of which says its version."""
    path = folder / f"{version}.duckdb"
    extra = "".join(f", 1 as {column}" for column in columns)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema published")
        connection.execute(f"create table published.publication as select '{version}' as version")
        connection.execute(
            f"create table published.numbers as select '{version}' as version{extra}"
            f" from range({rows})"
        )
    return path


def test_readers_of_the_server_see_one_version(settings: Settings, tmp_path: Path) -> None:
    files = [version_file(tmp_path, f"v{number}", 2000 + number) for number in range(4)]
    show_version(settings, files[0])
    seen, is_over = set(), threading.Event()

    def read() -> None:
        with duckdb.connect(":memory:") as connection:
            attach_server(connection, "server", read_only=True)
            query = """
                select (select version from published.publication) as announced,
                    min(version) as lowest, max(version) as highest, count(*) as row_count
                from published.numbers
            """
            while not is_over.is_set():
                seen.update(
                    connection.execute(
                        "select * from postgres_query('server', ?)", [query]
                    ).fetchall()
                )

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for path in [*files, *files]:
            show_version(settings, path)
    finally:
        is_over.set()
        reader.join()
    assert shown_version(settings) == "v3"
    assert seen <= {(f"v{n}", f"v{n}", f"v{n}", 2000 + n) for n in range(4)}
    assert len(seen) > 1


def test_a_version_that_cannot_be_shown_leaves_the_last_one(
    settings: Settings, tmp_path: Path
) -> None:
    show_version(settings, version_file(tmp_path, "first", 5))
    with duckdb.connect(":memory:") as connection:
        attach_server(connection, "server")
        # somebody's view keeps the table from being made anew with another column
        run_on_server(connection, "create view public.board as select * from published.numbers")
    wider = version_file(tmp_path, "second", 7, "added")
    with pytest.raises(duckdb.Error, match="board"):
        show_version(settings, wider)
    assert shown_version(settings) == "first"
    assert on_server("select count(*) from published.numbers") == [(5,)]
    with duckdb.connect(":memory:") as connection:
        attach_server(connection, "server")
        run_on_server(connection, "drop view public.board")
    show_version(settings, wider)
    assert on_server("select count(*), sum(added) from published.numbers") == [(7, 7)]


def test_what_is_landed_later_is_sent_and_what_is_gone_leaves_the_server(
    settings: Settings,
) -> None:
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute(
            "create schema landing; create schema raw_product; create schema raw_crm"
        )
        connection.execute("create table raw_crm.deals as select 1 as deal")
        connection.execute("create table raw_crm.empty_here (deal integer)")
        connection.execute(
            "create table landing.event_files as select * from (values"
            " ('app', 'a', 'one', null::timestamp), ('app', 'b', 'one', null))"
            " as files (source, file, fingerprint, superseded_at)"
        )
        connection.execute(
            "create table main.events as select * from (values"
            " ('app', 'a', date '2030-01-01'), ('app', 'b', date '2030-01-02'))"
            " as events (_source, _file, dt)"
        )
        connection.execute("create view raw_product.events as from main.events")
    with duckdb.connect(":memory:") as connection:
        attach_server(connection, "server")
        connection.execute("create schema if not exists server.raw_crm")
        run_on_server(connection, "create table raw_crm.empty_here as select 7 as deal")
        connection.execute("drop table if exists server.landing.event_files")
        run_on_server(connection, "drop table if exists raw_product.events cascade")
        run_on_server(connection, "drop table if exists landing.sent_event_files")
    send_landed(settings)
    assert on_server("select count(*) from raw_product.events") == [(2,)]
    # a table that another tool fills on the server stays its own
    assert on_server("select deal from raw_crm.empty_here") == [(7,)]
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute("insert into raw_crm.deals values (2)")
        connection.execute(
            "update landing.event_files set superseded_at = now()::timestamp where file = 'a'"
        )
        connection.execute("insert into landing.event_files values ('app', 'c', 'one', null)")
        connection.execute("delete from main.events where _file = 'a'")
        connection.execute("insert into main.events values ('app', 'c', date '2030-01-03')")
    send_landed(settings)
    assert on_server("select _file from raw_product.events order by 1") == [("b",), ("c",)]
    assert on_server("select count(*) from raw_crm.deals") == [(2,)]


def test_every_intermediate_table_that_python_reads_is_fetched() -> None:
    read: set[str] = set()
    for path in (PROJECT_ROOT / "dagster_project").rglob("*.py"):
        read |= set(re.findall(r"intermediate\.(int_\w+)", path.read_text(encoding="utf-8")))
    assert read == set(READ_BY_PYTHON)
