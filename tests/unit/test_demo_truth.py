"""The answer key's own arithmetic on hand-made tables, and the mapping of what is exported."""

import csv
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from dagster_project.demo import create_sample, truth
from dagster_project.demo.write import EXPORTS
from dagster_project.icp.loading import load_definitions

HOME = Path(__file__).parents[2] / "icp"


@pytest.fixture
def tables() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set variable now = timestamp '2026-07-01'")
    connection.execute("""
        create table fx_rates as select * from (values
            ('USD', 0.8, date '2026-05-01'), ('USD', 0.9, date '2026-06-01'),
            ('USD', 0.1, date '2026-07-01')) as t(from_currency, rate, rate_date);
        create table subscriptions as select * from (values
            ('year', 1, date '2026-01-10', null, null),
            ('paused', 2, date '2026-01-10', null, null),
            ('ended', 3, date '2026-01-10', date '2026-06-30', null),
            ('wrong', 4, date '2026-01-10', null, 'end_before_start')
        ) as t(subscription_id, account, started_at, ended_at, defect);
        create table items as
        select subscription_id, 'harbor' as product_id, 'USD' as currency, 10 as quantity,
            120.0 as unit_amount, 10.0 as discount_percent, 0.0 as discount_amount,
            'year' as billing_interval, 1 as interval_count, true as is_recurring,
            false as is_usage_based, date '2026-01-10' as valid_from, null::date as valid_to,
            null::varchar as defect
        from subscriptions;
        create table statuses as
        select subscription_id, date '2026-01-10' as valid_from, null::date as valid_to,
            case when subscription_id = 'paused' then 'paused' else 'active' end as status,
            null::varchar as defect
        from subscriptions;
    """)
    return connection


def test_mrr_counts_what_is_paid_on_the_last_day_at_the_latest_known_rate(tables) -> None:
    rows = truth.money(tables, date(2026, 6, 30))
    june = {row["product_id"]: row for row in rows if row["period_month"] == "2026-06-01"}
    # one year of 10 x 120 less 10% is 90 USD a month; the rate of July is not known yet
    assert june["harbor"]["closing_mrr"] == pytest.approx(81.0)
    assert june["harbor"]["customers"] == june[None]["customers"] == 1
    may = next(row for row in rows if row["period_month"] == "2026-05-01")
    assert may["customers"] == 2


def test_last_complete_month_has_ended() -> None:
    assert truth.last_complete_month(date(2026, 6, 30)) == date(2026, 6, 1)
    assert truth.last_complete_month(date(2026, 6, 29)) == date(2026, 5, 1)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mapped")
    create_sample(folder / "sources", folder / "key.json", accounts=100, months=3, events=100)
    return folder / "sources"


def _header(path: Path, delimiter: str) -> list[str]:
    if path.suffix == ".parquet":
        return pq.read_schema(path).names
    if path.suffix == ".xlsx":
        sheet = load_workbook(path, read_only=True).worksheets[0]
        return [str(cell) for cell in next(sheet.iter_rows(values_only=True))]
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return next(csv.reader(file, delimiter=delimiter))


def test_every_exported_column_is_mapped_and_every_mapped_column_exported(sources: Path) -> None:
    entities = {
        name: entity
        for source in load_definitions(HOME).sources.sources
        for name, entity in source.entities.items()
    }
    for export in EXPORTS:
        entity = entities[export.entity]
        paths = sorted(sources.glob(entity.path))
        assert paths, f"{entity.path} of sources.yml matches no file of {export.entity}"
        for path in [path for path in paths if path.suffix != ".jsonl"]:
            header = set(_header(path, export.delimiter))
            mapped = [set(column.from_ or ()) for column in entity.columns.values()]
            assert all(names & header for names in mapped), f"a mapped column is not in {path.name}"
            unread = header - set().union(*mapped) - set(entity.ignore)
            assert all(name == name.lower() for name in unread), f"{unread} of {path.name}"
