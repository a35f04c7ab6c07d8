"""What a text becomes in each type, and what is kept of a text that becomes nothing."""

from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from dagster_project.landing.dates import Zones, day_of
from dagster_project.landing.plan import ColumnPlan
from dagster_project.landing.results import LandingError
from tests.landing_bench import LandingBench, at, plan_of


def _landed(tmp_path: Path, column: str, texts: list[str], **settings: object) -> list[tuple]:
    with LandingBench(tmp_path) as bench:
        lines = [f"O{index};{text}" for index, text in enumerate(texts)]
        bench.write("a.csv", "\n".join([f"opportunity_id;{column}", *lines]) + "\n")
        columns = {"stage": ColumnPlan(constant="won"), **settings.pop("columns", {})}
        plan = plan_of("crm.opportunities", "a.csv", columns=columns, delimiter=";", **settings)
        bench.land(plan)
        return bench.rows(
            f"select {column}, _parse_errors from raw_crm.opportunities order by _row"
        )


@pytest.mark.parametrize(
    ("text", "value", "error"),
    [
        ("12", 12.0, None),
        (" -1.5e3 ", -1500.0, None),
        ("", None, None),
        ("1,234.50", 1234.5, None),
        ("1,234,567", 1234567.0, None),
        ("1 234", 1234.0, None),
        ("1,234", None, "amount: ambiguous number"),
        ("12,5", None, "amount: not a number"),
        ("nan", None, "amount: not a number"),
        ("1_000", None, "amount: not a number"),
        ("$5", None, "amount: not a number"),
    ],
)
def test_numbers(tmp_path: Path, text: str, value: float | None, error: str | None) -> None:
    assert _landed(tmp_path, "amount", [text]) == [(value, error)]


def test_other_values_of_the_column_decide_what_a_comma_is(tmp_path: Path) -> None:
    assert _landed(tmp_path, "amount", ["1,234", "1,234.50"])[0] == (1234.0, None)
    (tmp_path / "b").mkdir()
    doubtful = _landed(tmp_path / "b", "amount", ["1.234", "12,5", "7.5"])
    assert doubtful == [
        (None, "amount: ambiguous number"), (None, "amount: not a number"), (7.5, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.234,5", 1234.5), ("1.234", 1234.0), ("12,5", 12.5), ("7", 7.0), ("12.5", 12.5)],
)
def test_declared_decimal_comma(tmp_path: Path, text: str, value: float) -> None:
    columns = {"amount": ColumnPlan(("amount",), decimal=",")}
    assert _landed(tmp_path, "amount", [text], columns=columns) == [(value, None)]


def test_scale_multiplies_the_parsed_number(tmp_path: Path) -> None:
    columns = {"amount": ColumnPlan(("amount",), scale=1_000_000)}
    assert _landed(tmp_path, "amount", ["1.5"], columns=columns) == [(1_500_000.0, None)]


def test_integers_and_booleans(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write(
            "a.csv",
            "account_id;employees;is_deleted\n1;1,234;Yes\n2;5.0;F\n3;5.5;maybe\n4;12,34;0\n",
        )
        bench.land(plan_of("crm.accounts", "a.csv"))
        assert bench.rows("select employees, is_deleted, _parse_errors from raw_crm.accounts") == [
            (1234, True, None),
            (5, False, None),
            (None, None, "employees: not an integer; is_deleted: not true or false"),
            (None, False, "employees: not an integer"),
        ]


def test_order_of_dates_is_inferred_per_separator(tmp_path: Path) -> None:
    texts = ["05-06-2024", "13-06-2024", "05/06/2024", "06/13/2024", "2024-06-05", "05.06.2024"]
    landed = _landed(tmp_path, "close_date", texts)
    assert [day for day, _ in landed] == [
        date(2024, 6, 5), date(2024, 6, 13), date(2024, 5, 6), date(2024, 6, 13),
        date(2024, 6, 5), date(2024, 6, 5),
    ]  # fmt: skip


def test_undecided_dates_are_errors_and_the_rest_is_read(tmp_path: Path) -> None:
    texts = ["05/06/2024", "13/06/2024", "06/13/2024", "7/7/2024", "31/02/2024", "soon", "20240605"]
    assert _landed(tmp_path, "close_date", texts) == [
        (None, "close_date: ambiguous date"),
        (date(2024, 6, 13), None),
        (date(2024, 6, 13), None),
        (date(2024, 7, 7), None),
        (None, "close_date: not a date"),
        (None, "close_date: not a date"),
        (date(2024, 6, 5), None),
    ]


def test_declared_order_is_obeyed_strictly(tmp_path: Path) -> None:
    assert _landed(tmp_path, "close_date", ["05/06/2024", "13/06/2024"], date_order="mdy") == [
        (date(2024, 5, 6), None),
        (None, "close_date: not a date in the declared order"),
    ]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-07-01 10:00", at("2024-07-01 08:00:00")),
        ("2024-07-01T10:00:00.5", at("2024-07-01 08:00:00.500000")),
        ("2024-07-01T10:00:00Z", at("2024-07-01 10:00:00")),
        ("2024-07-01T10:00:00-0530", at("2024-07-01 15:30:00")),
        ("2024-07-01 10:00+02", at("2024-07-01 08:00:00")),
        ("2024-07-01T10:00:00.25+05:30", at("2024-07-01 04:30:00.250000")),
        ("13/07/2024 2:05 PM", at("2024-07-13 12:05:00")),
        ("13-07-2024 14:05:06 UTC", at("2024-07-13 14:05:06")),
        ("Jul 1, 2024 10:00", at("2024-07-01 08:00:00")),
        ("1 July 2024 10:00", at("2024-07-01 08:00:00")),
        ("2024-01-01 10:00:00", at("2024-01-01 09:00:00")),
        ("2024-07-01", at("2024-07-01 00:00:00")),
        ("13/07/2024", at("2024-07-13 00:00:00")),
        ("1719828000", at("2024-07-01 10:00:00")),
        ("1719828000123", at("2024-07-01 10:00:00.123000")),
        ("2024-07-01 25:00", None),
        ("45000", None),
    ],
)
def test_times_are_stored_as_utc(tmp_path: Path, text: str, moment: datetime | None) -> None:
    landed = _landed(tmp_path, "created_at", [text], zones=Zones("Europe/Berlin"))
    assert landed == [(moment, None if moment else "created_at: not a date")]


@pytest.mark.parametrize("text", ["2018-11-04", "04.11.2018", "20181104"])
@pytest.mark.parametrize(
    ("zone", "hour"), [("America/New_York", 4), ("America/Sao_Paulo", 3), ("Asia/Tokyo", -9)]
)
def test_a_day_begins_when_the_company_s_does(
    tmp_path: Path, text: str, zone: str, hour: int
) -> None:
    """Whatever the source's zone; in Sao Paulo that day began at one o'clock."""
    zones = Zones("Europe/Berlin", zone)
    [(moment, _)] = _landed(tmp_path, "created_at", [text], zones=zones)
    assert moment == at("2018-11-04 00:00:00") + timedelta(hours=hour)
    sql = day_of(f"timestamp '{moment}'", zone)
    assert duckdb.sql(f"select {sql}").fetchone() == (date(2018, 11, 4),)


def test_date_columns_keep_the_written_day(tmp_path: Path) -> None:
    texts = ["2024-07-01 23:30:00", "2024-07-01T23:30:00-05:00", "13/07/2024 23:30"]
    landed = _landed(tmp_path, "close_date", texts, zones=Zones("America/New_York"))
    assert [day for day, _ in landed] == [date(2024, 7, 1), date(2024, 7, 1), date(2024, 7, 13)]


def test_a_date_written_as_a_time_in_utc_is_the_company_s_day(tmp_path: Path) -> None:
    texts = ["2030-05-31T22:30:00Z", "2030-05-31T00:00:00Z", "2030-05-31 22:30:00+00:00"]
    berlin = _landed(tmp_path, "close_date", texts, zones=Zones("UTC", "Europe/Berlin"))
    assert [str(day) for day, _ in berlin] == ["2030-06-01", "2030-05-31", "2030-06-01"]


def test_the_last_evening_of_a_month_stays_in_it(tmp_path: Path) -> None:
    """METRICS T26: read as UTC, what was closed on the evening of 31 May is a deal of June."""
    text = "2024-05-31T21:30:00-04:00"
    (naive,) = duckdb.sql(f"select month(timezone('UTC', timestamptz '{text}'))").fetchone()
    [(day, _)] = _landed(tmp_path, "close_date", [text], zones=Zones("America/New_York"))
    assert (naive, day) == (6, date(2024, 5, 31))


def test_minutes_are_added_to_a_time(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write(
            "a.csv",
            "ticket_id,organization_id,created_at,reply_minutes\n"
            "1,o,2024-07-01 10:00:00,90\n2,o,2024-07-01,\n3,o,2024-07-01,soon\n4,o,never,5\n",
        )
        columns = {"first_reply_at": ColumnPlan(("created_at",), plus_minutes="reply_minutes")}
        plan = plan_of("support.tickets", "a.csv", columns=columns)
        result = bench.land(plan)
        rows = bench.rows("select first_reply_at from raw_support.tickets order by _row")
        assert rows == [(at("2024-07-01 11:30:00"),), (None,), (None,), (None,)]
        assert result.field_errors == {
            ("created_at", "not a date"): 1,
            ("first_reply_at", "minutes are not a number"): 1,
            ("first_reply_at", "not a date"): 1,
        }
        assert bench.rows(
            "select value_masked from landing.field_errors where rule like 'minutes%'"
        ) == [("soon",)]


def test_value_map_ignores_case_and_keeps_nulls(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write("a.csv", "id,phase,sector\n1,WON ,Tech\n2,Lost,n/a\n3,,other\n4,Open,\n")
        columns = {
            "opportunity_id": "id",
            "stage": "phase",
            "is_won": ColumnPlan(("phase",), value_map=(("Won", "true"), ("*", "false"))),
            "loss_reason": ColumnPlan(("sector",), value_map=(("tech", "it's"), ("N/A", None))),
            "currency": ColumnPlan(constant="EUR"),
        }
        bench.land(plan_of("crm.opportunities", "a.csv", columns=columns))
        assert bench.rows(
            "select is_won, loss_reason, currency, _parse_errors from raw_crm.opportunities"
        ) == [
            (True, "it's", "EUR", None), (False, None, "EUR", None),
            (None, "other", "EUR", None), (False, None, "EUR", None),
        ]  # fmt: skip


def test_kept_values_hold_no_person(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write("a.csv", f"spend_date,channel,category,amount\n{'x' * 60},c,k,5\n")
        bench.land(plan_of("marketing.spend", "a.csv"))
        kept = bench.rows("select value_masked, is_required, row_number from landing.field_errors")
        assert kept == [("x" * 40, True, 1)]


def test_missing_column_names_what_was_found_and_the_remedy(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write("a.csv", "account_id,Sector,note,internal\nA1,x,y,z\n")
        plan = plan_of(
            "crm.accounts",
            "a.csv",
            columns={"industry": ColumnPlan(("sector", "branch"))},
            ignore=("internal",),
        )
        with pytest.raises(LandingError) as failure:
            bench.land(plan)
        assert failure.value.failures[0] == (
            "a.csv",
            "source harbor_crm, entity crm.accounts: a.csv has no column 'sector' or 'branch', "
            "needed for industry (did you mean 'Sector'?). Columns of the file that nothing reads: "
            "'Sector', 'note'. Remedy: add the right name under columns.industry.from in "
            "sources.yml, or restore the column in the export.",
        )


def test_required_column_that_nothing_fills_is_missing(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write("a.csv", "account_id,name\nA1,x\n")
        with pytest.raises(LandingError, match="no column 'opportunity_id', needed for"):
            bench.land(plan_of("crm.opportunities", "a.csv"))


def test_first_alias_present_wins_and_unread_columns_are_listed(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write("a.csv", "account_id,company,account_name,extra\nA1,old,new,1\n")
        columns = {"name": ColumnPlan(("account_name", "company"))}
        result = bench.land(plan_of("crm.accounts", "a.csv", columns=columns))
        assert bench.rows("select name from raw_crm.accounts") == [("new",)]
        assert result.unmapped_columns == ("extra",)
