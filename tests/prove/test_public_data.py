"""Two public data sets through the whole product, by the commands a user types.

The files are read where ICP_PUBLIC_DATA says; without it these tests are skipped.
"""

import csv
import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from dagster_project.cli.app import app
from dagster_project.resources.settings import PROJECT_ROOT

pytestmark = pytest.mark.prove

#: Tables about runs and files, and columns that hold the moment of a run.
_OF_THE_RUN = {"publication", "data_quality", "rejected_rows", "restatements"}
_MOMENTS = {"known_at", "scored_at", "loaded_at", "frozen_at", "built_at"}

Marts = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def public_data() -> Path:
    folder = os.environ.get("ICP_PUBLIC_DATA")
    if not folder:
        pytest.skip("ICP_PUBLIC_DATA names no folder of public data sets")
    return Path(folder)


@pytest.fixture(scope="module")
def publish(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, Path], Marts]:
    """Give a function that runs the pipeline on definitions and files, and gives the marts."""

    def run(home: Path, sources: Path) -> Marts:
        data = tmp_path_factory.mktemp("public") / "data"
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ICP_HOME", str(home))
            patch.setenv("ICP_SOURCES", str(sources))
            patch.setenv("ICP_DATA_DIR", str(data))
            patch.setenv("DAGSTER_HOME", str(data / "dagster"))
            result = CliRunner().invoke(app, ["run"])
        assert result.exit_code == 0, result.output
        with duckdb.connect(str(data / "published" / "icp.duckdb"), read_only=True) as connection:
            tables = [row[0] for row in connection.execute("show tables from published").fetchall()]
            return {
                table: connection.execute(f"select * from published.{table}").df()
                for table in tables
            }

    return run


@pytest.fixture(scope="module")
def ravenstack(public_data: Path, publish: Callable[[Path, Path], Marts]) -> Marts:
    return publish(PROJECT_ROOT / "examples" / "ravenstack", public_data / "ravenstack")


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _write(path: Path, rows: list[list[str]], *, delimiter: str, line_end: str, bom: bool) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    path.write_bytes((b"\xef\xbb\xbf" if bom else b"") + text.getvalue().encode())


def _day_first(value: str) -> str:
    parts = value.split("-")
    is_date = len(value) == 10 and len(parts) == 3 and all(part.isdigit() for part in parts)
    return "-".join(reversed(parts)) if is_date else value


def _save_differently(folder: Path, target: Path) -> None:
    """Save accounts with a BOM, semicolons and CRLF, subscriptions with DD-MM-YYYY, tickets in
    Excel."""
    target.mkdir()
    for unchanged in ("ravenstack_feature_usage.csv", "ravenstack_churn_events.csv"):
        shutil.copy(folder / unchanged, target)
    accounts = _rows(folder / "ravenstack_accounts.csv")
    _write(target / "ravenstack_accounts.csv", accounts, delimiter=";", line_end="\r\n", bom=True)
    subscriptions = _rows(folder / "ravenstack_subscriptions.csv")
    changed = [[_day_first(value) for value in row] for row in subscriptions]
    assert changed != subscriptions
    _write(
        target / "ravenstack_subscriptions.csv", changed, delimiter=",", line_end="\n", bom=False
    )
    workbook = openpyxl.Workbook()
    for row in _rows(folder / "ravenstack_support_tickets.csv"):
        workbook.active.append(row)
    workbook.save(target / "ravenstack_support_tickets.xlsx")


def _comparable(frame: pd.DataFrame) -> pd.DataFrame:
    """Order rows by all that is no measured value: the last bits of a sum change with threads."""
    kept = frame.drop(columns=[name for name in frame.columns if name in _MOMENTS])
    exact = list(kept.select_dtypes(exclude="float").columns)
    kept[exact] = kept[exact].astype("string").fillna("")
    return kept.sort_values(exact, ignore_index=True)


def test_the_same_values_saved_differently_give_the_same_marts(
    ravenstack: Marts,
    public_data: Path,
    publish: Callable[[Path, Path], Marts],
    tmp_path: Path,
) -> None:
    home = tmp_path / "definitions"
    shutil.copytree(PROJECT_ROOT / "examples" / "ravenstack", home)
    sources = (home / "sources.yml").read_text(encoding="utf-8")
    (home / "sources.yml").write_text(
        sources.replace("ravenstack_support_tickets.csv", "ravenstack_support_tickets.xlsx")
    )
    _save_differently(public_data / "ravenstack", tmp_path / "files")
    again = publish(home, tmp_path / "files")
    assert again.keys() == ravenstack.keys()
    for table in sorted(ravenstack.keys() - _OF_THE_RUN):
        pd.testing.assert_frame_equal(
            _comparable(again[table]), _comparable(ravenstack[table]), rtol=1e-9, obj=table
        )
    count = ["source_system", "entity", "rule"]
    assert (
        again["rejected_rows"].groupby(count).size().to_dict()
        == ravenstack["rejected_rows"].groupby(count).size().to_dict()
    )


def test_ravenstack_money_is_that_of_its_file(ravenstack: Marts, public_data: Path) -> None:
    """The last month's MRR is the sum over the file's paid subscriptions that are open then."""
    file = pd.read_csv(
        public_data / "ravenstack" / "ravenstack_subscriptions.csv",
        parse_dates=["start_date", "end_date"],
    )
    movements = ravenstack["fct_mrr_movements"]
    last = movements["period_month"].max()
    measured_on = min(
        last + pd.offsets.MonthEnd(0), pd.Timestamp(ravenstack["publication"]["as_of_date"][0])
    )
    is_open = (file["start_date"] <= measured_on) & ~(file["end_date"] <= measured_on)
    expected = file.loc[is_open & ~file["is_trial"], "mrr_amount"].sum()
    found = movements.loc[movements["period_month"] == last, "closing_mrr"].astype(float).sum()
    assert expected > 0
    assert found == pytest.approx(expected, abs=0.01)


def test_maven_publishes_without_money_usage_or_support(
    public_data: Path, publish: Callable[[Path, Path], Marts]
) -> None:
    marts = publish(PROJECT_ROOT / "examples" / "maven_crm", public_data / "maven_crm")
    file = pd.read_csv(public_data / "maven_crm" / "sales_pipeline.csv")
    deals = marts["fct_opportunities"]
    assert len(deals) == len(file)
    stages = file["deal_stage"].value_counts()
    assert deals["state"].value_counts()[["won", "lost"]].tolist() == [
        stages["Won"],
        stages["Lost"],
    ]
    kpis = marts["segment_kpis"]
    without = kpis[kpis["metric"] == "nrr"]
    assert len(without) > 0
    assert without["value"].isna().all()
    assert without["reason"].notna().all()
