"""The same values in every format, encoding and date style land as equal typed rows."""

import codecs
import datetime
import json
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.landing.plan import ColumnPlan
from dagster_project.landing.results import LandingError
from tests.landing_bench import LandingBench, at, plan_of

HEADER = ("id", "name", "employees", "revenue", "created_at", "is_deleted")
ROWS = (
    ("A1", "Äpfel & Söhne", 12, 1250.5, at("2024-03-25 14:30:00"), False),
    ("A2", 'Quote "q", comma', 7, 0.25, at("2024-12-01 09:05:00"), True),
    ("A3", None, None, 100.0, at("2024-01-02 00:00:00"), False),
)
MAPPING = {"account_id": "id", "annual_revenue": "revenue"}
LANDED = (
    "select account_id, name, employees, annual_revenue, created_at, is_deleted, _row, _row_hash, "
    "_parse_errors from raw_crm.accounts where _superseded_at is null order by account_id"
)


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',;"') else text


def _time_text(moment: datetime.datetime, date_format: str) -> str:
    has_time = moment.time() != datetime.time(0)
    return moment.strftime(date_format + (" %H:%M:%S" if has_time else ""))


def _csv(delimiter: str = ",", date_format: str = "%Y-%m-%d", line_end: str = "\n") -> str:
    lines = [delimiter.join(HEADER)]
    for account, name, employees, revenue, created, is_deleted in ROWS:
        fields = (account, name or "", "" if employees is None else str(employees), str(revenue),
                  _time_text(created, date_format), str(is_deleted).lower())  # fmt: skip
        lines.append(delimiter.join(_quote(field) for field in fields))
    return line_end.join(lines) + line_end


def _json_lines() -> str:
    return "".join(
        json.dumps(dict(zip(HEADER, (*row[:4], _time_text(row[4], "%Y-%m-%d"), row[5]))))  # noqa: B905
        + "\n"
        for row in ROWS
    )


def _excel(path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.create_sheet("Notes")
    sheet = workbook.active
    sheet.title = "Accounts"
    for row in (HEADER, *ROWS):
        sheet.append(row)
    workbook.save(path)


def _parquet(path: Path) -> None:
    columns = list(zip(*ROWS, strict=True))
    # a date without a time is a date, also in Parquet
    moments = [_time_text(moment, "%Y-%m-%d") for moment in columns[4]]
    arrays = [pa.array(column) for column in (*columns[:4], moments, columns[5])]
    pq.write_table(pa.table(dict(zip(HEADER, arrays, strict=True))), path)


TEXT_FILES = {
    "plain.csv": _csv().encode(),
    "bom.csv": codecs.BOM_UTF8 + _csv().encode(),
    "crlf.csv": _csv(line_end="\r\n").encode(),
    "semicolon.csv": _csv(delimiter=";").encode(),
    "tab.tsv": _csv(delimiter="\t").encode(),
    "pipe.txt": _csv(delimiter="|").encode(),
    "utf16.csv": _csv().encode("utf-16"),
    "day_first.csv": _csv(date_format="%d-%m-%Y").encode(),
    "slashes.csv": _csv(date_format="%d/%m/%Y").encode(),
    "month_first.csv": _csv(date_format="%m/%d/%Y").encode(),
    "year_slashes.csv": _csv(date_format="%Y/%m/%d").encode(),
    "month_names.csv": _csv(date_format="%d %b %Y").encode(),
    "lines.jsonl": _json_lines().encode(),
}
EXPECTED = [
    ("A1", "Äpfel & Söhne", 12, 1250.5, at("2024-03-25 14:30:00"), False, 1),
    ("A2", 'Quote "q", comma', 7, 0.25, at("2024-12-01 09:05:00"), True, 2),
    ("A3", None, None, 100.0, at("2024-01-02 00:00:00"), False, 3),
]


@pytest.mark.parametrize("name", [*TEXT_FILES, "book.xlsx", "table.parquet"])
def test_same_values_land_equal_in_every_format(tmp_path: Path, name: str) -> None:
    with LandingBench(tmp_path) as bench:
        if name in TEXT_FILES:
            bench.write(name, TEXT_FILES[name])
        else:
            (_excel if name == "book.xlsx" else _parquet)(bench.sources / name)
        bench.write("reference.csv", TEXT_FILES["plain.csv"])
        sheet = "Accounts" if name == "book.xlsx" else None
        bench.land(plan_of("crm.accounts", "reference.csv", columns=MAPPING))
        reference = bench.rows(LANDED)
        result = bench.land(plan_of("crm.accounts", name, columns=MAPPING, sheet=sheet))
        assert bench.rows(LANDED) == reference
        assert [row[:7] for row in reference] == EXPECTED
        assert result.counts.unchanged == 3
        assert not result.field_errors


def test_encoding_is_only_guessed_where_declared(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write("old.csv", "account_id,name\nA1,Plain\nA2,Äpfel\n".encode("cp1252"))
        with pytest.raises(LandingError) as failure:
            bench.land(plan_of("crm.accounts", "old.csv"))
        assert "old.csv is not valid utf-8 at line 3" in str(failure.value)
        assert "`encoding: cp1252`" in str(failure.value)
        bench.land(plan_of("crm.accounts", "old.csv", encodings=("cp1252",)))
        assert bench.rows("select name from raw_crm.accounts order by _row")[1] == ("Äpfel",)


def test_utf16_without_mark_says_so(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write("wide.csv", "account_id,name\nA1,Plain\n".encode("utf-16-le"))
        with pytest.raises(LandingError, match="encoding: utf-16"):
            bench.land(plan_of("crm.accounts", "wide.csv"))
        bench.land(plan_of("crm.accounts", "wide.csv", encodings=("utf-16-le",)))
        assert bench.rows("select account_id, name from raw_crm.accounts") == [("A1", "Plain")]


def test_lines_that_are_no_record_are_kept_with_their_number(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write(
            "a.csv",
            'account_id,name,domain\nA1,"two\n\nlines",x.example\n\nA2,Short\nA3,ok,y.example\n'
            "A4,a,b,c\nA5,d,e\n\nA6,ok,z.example\nA7,Mia Berg",
        )
        result = bench.land(plan_of("crm.accounts", "a.csv"))
        assert (result.counts.read, result.counts.unparsed, result.counts.inserted) == (7, 3, 4)
        assert bench.rows("select account_id, _row from raw_crm.accounts order by _row") == [
            ("A1", 1), ("A3", 3), ("A5", 5), ("A6", 6),
        ]  # fmt: skip
        assert bench.rows(
            "select row_number, error, line_masked from landing.unparsed_lines order by row_number"
        ) == [
            (2, "expected 3 columns, found 2", "x9,xxxxx"),
            (4, "expected 3 columns, found 4", "x9,x,x,x"),
            (7, "expected 3 columns, found 2", "x9,xxx xxxx"),
        ]


def test_open_quote_is_kept_as_unparsed(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write("a.csv", 'account_id,name\nA1,one\nA2,two\nA3,"cut of')
        result = bench.land(plan_of("crm.accounts", "a.csv"))
        assert (result.counts.inserted, result.counts.unparsed) == (2, 1)
        assert bench.rows("select row_number, error from landing.unparsed_lines") == [
            (3, "a quote is not closed")
        ]


def test_a_stray_quote_that_swallows_rows_is_no_single_bad_line(tmp_path: Path) -> None:
    rows = [f'A{number},"name {number}"' if number > 30 else f"A{number},n" for number in range(60)]
    rows[5] = 'A5,"half a quote'
    with LandingBench(tmp_path) as bench:
        bench.write("a.csv", "\n".join(["account_id,name", *rows[:9]]))
        # a few lines may be one value: that is what quotes are for
        assert bench.land(plan_of("crm.accounts", "a.csv")).counts.unparsed == 1
        bench.write("a.csv", "\n".join(["account_id,name", *rows]))
        with pytest.raises(LandingError, match=r"a quote in row 6 of a.csv is not closed"):
            bench.land(plan_of("crm.accounts", "a.csv"))


def test_a_column_that_is_there_twice_is_refused_where_it_is_read(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write("a.csv", "account_id,name,name,note,note\nA1,one,uno,x,y\n")
        with pytest.raises(LandingError, match=r"a.csv has the column 'name' 2 times"):
            bench.land(plan_of("crm.accounts", "a.csv"))
        bench.write("a.csv", "account_id,name,note,note\nA1,one,x,y\n")
        assert bench.land(plan_of("crm.accounts", "a.csv")).counts.inserted == 1


def test_json_lines_keep_bad_lines_and_reach_nested_values(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write(
            "a.jsonl",
            '{"id": "A1", "properties": {"sector": "freight"}, "employees": 5}\n\n[1]\n'
            '{"id": "A2", "employees": "six"}\n{"id": "A3", "properties": {"sec',
        )
        mapping = {"account_id": "id", "industry": "properties.sector"}
        result = bench.land(plan_of("crm.accounts", "a.jsonl", columns=mapping))
        assert (result.counts.read, result.counts.unparsed) == (4, 2)
        assert result.unmapped_columns == ()
        assert bench.rows(
            "select account_id, industry, employees, _row, _parse_errors from raw_crm.accounts"
        ) == [("A1", "freight", 5, 1, None), ("A2", None, None, 4, "employees: not an integer")]
        assert bench.rows("select row_number, error from landing.unparsed_lines") == [
            (3, "not a JSON object"), (5, "not valid JSON"),
        ]  # fmt: skip


def test_a_path_that_leads_nowhere_is_no_empty_column(tmp_path: Path) -> None:
    """METRICS T36: a misspelt JSON path gives nulls on every row, and nobody notices."""
    with LandingBench(tmp_path) as bench:
        file = bench.write(
            "a.jsonl",
            '{"id": "A1", "properties": {"sector": "freight"}}\n'
            '{"id": "A2", "properties": {"sector": null}}\n',
        )
        [naive] = bench.rows(
            "select count(*), count(line ->> '$.properties.sectors')"
            f" from read_json_objects('{file}') as lines(line)"
        )
        assert naive == (2, 0)
        wrong = {"account_id": "id", "industry": "properties.sectors"}
        with pytest.raises(LandingError, match=r"no column 'properties.sectors', needed for indus"):
            bench.land(plan_of("crm.accounts", "a.jsonl", columns=wrong))
        # a path that is there counts, also where its only value is null
        bench.write("a.jsonl", '{"id": "A2", "properties": {"sector": null}}\n')
        bench.land(
            plan_of("crm.accounts", "a.jsonl", columns=wrong | {"industry": "properties.sector"})
        )
        assert bench.rows("select account_id, industry from raw_crm.accounts") == [("A2", None)]


def test_typed_excel_numbers_ignore_the_decimal_sign_of_text(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(["id", "revenue"])
    workbook.active.append(["A1", 1.234])
    with LandingBench(tmp_path) as bench:
        workbook.save(bench.sources / "a.xlsx")
        bench.write("b.csv", "id;revenue\nA1;1,234\n")
        columns = {"account_id": "id", "annual_revenue": ColumnPlan(("revenue",), decimal=",")}
        bench.land(plan_of("crm.accounts", "a.xlsx", columns=columns))
        bench.land(plan_of("crm.accounts", "b.csv", columns=columns, source="dock"))
        assert bench.rows("select distinct annual_revenue from raw_crm.accounts") == [(1.234,)]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "a.csv is empty"),
        ("a.csv", " \n\n", "a.csv is empty"),
        ("a.jsonl", "[{}]\n", "holds no JSON object"),
        ("a.parquet", "no parquet", "not a readable Parquet file"),
        ("a.xlsx", "no workbook", "not a readable Excel workbook"),
        ("a.csv", "account_id,name\nA1\nA2\nA3,x\n", "2 of 3 lines of a.csv do not fit"),
        ("a.dat", "account_id\n", "the format of 'a.dat' cannot be told"),
    ],
)
def test_unreadable_files_fail_with_a_remedy(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write(name, content)
        with pytest.raises(LandingError, match=message):
            bench.land(plan_of("crm.accounts", name))
        loads = bench.rows("select file, status, error is not null, rows_read from landing.loads")
        assert loads == [(name, "failed", True, None)]
        assert bench.rows("select count(*) from raw_crm.accounts") == [(0,)]


def test_header_without_rows_is_an_empty_dump(tmp_path: Path) -> None:
    with LandingBench(tmp_path) as bench:
        bench.write("a.csv", "account_id,name\n")
        assert bench.land(plan_of("crm.accounts", "a.csv")).counts.read == 0
