"""The dashboard's pages on small published files, without a browser."""

import datetime as dt
from pathlib import Path

import duckdb
import pytest
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.testing.v1 import AppTest

from dagster_project.publication.run_status import record_failure, start_run
from dagster_project.resources.settings import Settings
from dashboard.reader import Published
from tests.published_world import awkward, build_published, empty, ordinary

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"


@pytest.fixture(scope="module")
def worlds(tmp_path_factory) -> dict[str, Path]:
    """Give a data folder for each world, built once."""
    folders = {}
    for name in ("ordinary", "empty", "one_row", "awkward"):
        folders[name] = tmp_path_factory.mktemp(name)
        build_published(folders[name] / "published" / "icp.duckdb", name)
    return folders


@pytest.fixture
def open_app(worlds, monkeypatch):
    """Give a function that runs a page of the app on a world or a data folder."""

    def run(world: str | Path, page: str = "overview", **query: str) -> AppTest:
        folder = worlds[world] if isinstance(world, str) else world
        monkeypatch.setenv("ICP_DATA_DIR", str(folder))
        app = AppTest.from_file(str(APP), default_timeout=30)
        # no page uses components; to look for them, each app reads all that is installed
        app._bidi_component_manager = BidiComponentManager()
        for key, value in query.items():
            app.query_params[key] = value
        if page != "overview":
            app.switch_page(f"views/{page}.py")
        app.run()
        assert not app.exception, [error.value for error in app.exception]
        return app

    return run


def shown(elements) -> str:
    """Give the text of elements as a reader sees it, without Markdown's backslashes."""
    return "\n".join(element.value.replace("\\", "") for element in elements)


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value.replace("\\", "") for metric in app.metric}


def published_now(folder: Path, hours_ago: float) -> Path:
    moment = dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(hours=hours_ago)
    world = empty()
    world["publication"][0]["published_at"] = moment
    build_published(folder / "published" / "icp.duckdb", world)
    return folder


def test_headlines_show_value_interval_and_n(open_app, worlds):
    app = open_app("ordinary")
    assert metrics(app) == {
        "MRR": "$69.2K",
        "Customers": "24",
        "Logo retention 12m": "86.7%",
        "GRR 12m": "82.8%",
        "NRR 12m": "89.9%",
        "Win rate": "25.0%",
        "CAC": "$12.3K",
        "Value within 90 days": "60.0%",
    }
    notes = shown(app.caption)
    assert "June 2026, month not over; +0.4% on the month before" in notes
    assert "69.5% to 100.0%, n = 15" in notes
    assert "n = 40, median not reached" in notes
    assert "$12,345.67" in app.metric[6].help.replace("\\", "")
    with Published(worlds["ordinary"] / "published" / "icp.duckdb") as published:
        total = published.frame(
            "select sum(closing_mrr) as mrr from fct_mrr_movements"
            " where period_month = date '2026-06-01'"
        )["mrr"].iloc[0]
    assert f"${total:,.2f}" in app.metric[0].help.replace("\\", "")
    # and below them, the tiers of each product and of the portfolio
    table = app.dataframe[0].value
    assert table["ICP of"].tolist() == ["Portfolio", "Quillon Ledger", "Quillon Planner"]
    assert table["Accounts"].tolist() == [36, 36, 36]
    assert table["Match the ICP"].tolist() == [12, 12, 12]
    assert table["A best fit"].tolist() == [6, 6, 6]


def test_headline_prefers_the_fully_loaded_cost_even_without_a_value(open_app, tmp_path):
    world = ordinary()
    costs = [row for row in world["segment_kpis"] if row["metric"] == "cac"]
    paid = [row | {"metric_definition": "cac_paid", "value": 5.0} for row in costs]
    for row in costs:
        row |= {"value": None, "reason": "people are not recorded", "metric_definition": None}
        row["metric_definition"] = "cac_fully_loaded"
    world["segment_kpis"] += paid
    build_published(tmp_path / "published" / "icp.duckdb", world)
    app = open_app(tmp_path)
    assert metrics(app)["CAC"] == "–"
    assert "No value: people are not recorded." in shown(app.caption)


def test_retention_switches_measure_and_segment(open_app):
    app = open_app("ordinary", "retention")
    numbers = app.dataframe[0].value
    first = numbers.iloc[0]
    assert (first["Cohort (customers)"], first["Age, months"], first["Logo"]) == (
        "2025-01 (3)",
        0,
        1.0,
    )
    # the month that is not over is left out: the oldest cohort is at most 16 months old
    assert numbers["Age, months"].max() == 16
    app.segmented_control(key="retention_measure").set_value("NRR").run()
    assert "NRR" in app.dataframe[0].value.columns
    assert app.dataframe[0].value["Numerator"].iloc[0].startswith("$")
    app.selectbox(key="retention_scheme").set_value("size_band").run()
    assert app.selectbox(key="retention_segment").options == ["Small", "Mid", "Large"]
    assert not app.exception


def test_quarters_sum_cohorts_before_dividing(open_app):
    app = open_app("ordinary", "retention")
    app.segmented_control(key="retention_grain").set_value("Quarter").run()
    numbers = app.dataframe[0].value
    assert set(numbers["Age, months"]) <= {0, 3, 6, 9, 12, 15}
    third = numbers[
        (numbers["Cohort (customers)"] == "2025 Q1 (9)") & (numbers["Age, months"] == 6)
    ]
    # one of nine customers left in its fifth month
    assert third["Logo"].iloc[0] == pytest.approx(8 / 9)
    assert (third["Numerator"].iloc[0], third["Denominator"].iloc[0]) == ("8", "9")


def test_segment_filters_change_the_rows(open_app):
    app = open_app("ordinary", "segments")
    assert app.dataframe[0].value["Segment"].tolist() == ["Logistics", "Retail", "Software"]
    assert app.selectbox(key="segments_month").value == dt.datetime.fromisoformat("2026-05-01")
    app.toggle(key="segments_reliable").set_value(True).run()
    assert app.dataframe[0].value["Segment"].tolist() == ["Logistics", "Retail"]
    assert "1 of 3 segments are hidden" in shown(app.caption)
    app.toggle(key="segments_reliable").set_value(False)
    app.selectbox(key="segments_scheme").set_value("size_band").run()
    assert app.dataframe[0].value["Segment"].tolist() == ["Small", "Mid", "Large"]
    app.selectbox(key="segments_scope").set_value("Quillon Ledger").run()
    assert app.dataframe[0].value["Segment"].tolist() == ["Small", "Mid", "Large"]
    app.selectbox(key="segments_metric").set_value("win_rate").run()
    table = app.dataframe[0].value
    ratio = table["Numerator"] / table["Denominator"]
    assert table["Value"].tolist() == pytest.approx(ratio.tolist())


def test_segment_without_value_says_why(open_app):
    app = open_app("ordinary", "segments")
    app.selectbox(key="segments_metric").set_value("time_to_value_days").run()
    table = app.dataframe[0].value
    assert table["Value"].isna().all()
    assert table["Why there is no value"].str.contains("levels off").all()


def test_accounts_are_found_by_name_and_tier(open_app):
    app = open_app("ordinary", "accounts")
    assert "36 accounts" in shown(app.caption)
    app.text_input(key="finder_text").set_value("  STORES 0").run()
    names = app.dataframe[0].value["Account"].tolist()
    # customers first, by MRR; the seventh is a prospect
    assert names == ["Invented Stores 04", "Invented Stores 01", "Invented Stores 07"]
    app.text_input(key="finder_text").set_value("").run()
    app.selectbox(key="finder_tier").set_value("A").run()
    assert set(app.dataframe[0].value["Tier"]) == {"A"}
    app.text_input(key="finder_text").set_value("no such name").run()
    assert "No account matches." in shown(app.info)


def test_account_page_explains_each_score(open_app):
    app = open_app("ordinary", account="ac-002")
    assert app.title[0].value == "Invented Systems 02"
    assert [metric.value for metric in app.metric if metric.label == "Points"] == [
        "50 of 100",
        "20 of 100",
        "20 of 100",
    ]
    criteria = app.dataframe[0].value
    assert dict(zip(criteria["Criterion"], criteria["State"], strict=True)) == {
        "size_band": "✓ met",
        "industry": "✗ not met",
    }
    assert criteria["Reason"].tolist() == ["size_band is large", "industry is software"]
    assert metrics(app)["Tickets"] == "2"
    assert metrics(app)["In open hours"] == "30 min"
    assert metrics(app)["Satisfied"] == "–"
    assert "customer · MRR $1,450.00" in shown(app.caption)


def test_account_page_tells_unknown_from_not_met(open_app):
    app = open_app("ordinary", account="ac-003")
    states = app.dataframe[0].value
    unknown = states[states["Criterion"] == "industry"].iloc[0]
    assert (unknown["State"], unknown["Reason"]) == ("? unknown", "industry is not known")
    assert "Disqualified by sanctioned_country." in shown(app.warning)
    assert "It has never paid." in shown(app.caption)


def test_account_that_is_not_there_is_said_so(open_app):
    app = open_app("ordinary", account="nobody")
    assert app.title[0].value == "Account not found"
    assert "nobody" in shown(app.markdown)


def test_quality_page_lists_failures_and_rules(open_app):
    app = open_app("ordinary", "quality")
    assert metrics(app) == {"Checks": "4", "Passed": "3", "Warnings": "1", "Errors": "0"}
    assert app.dataframe[0].value["Check"].tolist() == ["late_events"]
    rules = app.dataframe[1].value
    assert dict(zip(rules["Rule"], rules["Rows"], strict=True)) == {
        "duplicate key": 2,
        "created in the future": 1,
    }
    app.segmented_control(key="quality_checks").set_value("All").run()
    assert len(app.dataframe[0].value) == 4


def test_banner_says_version_date_and_age_and_calls_the_old_stale(open_app, tmp_path):
    app = open_app(published_now(tmp_path, 3))
    banner = shown(app.info)
    assert banner.startswith("**Fresh.** Data as of **2026-06-17**, published ")
    assert "3 hours ago, version 20260617T053000-9f3c" in banner
    assert not app.warning
    published_now(tmp_path, 37)
    app.run()
    assert shown(app.warning).startswith("**Stale.** Nothing was published for 37 hours.")


def test_banner_says_why_the_last_run_did_not_publish(open_app, tmp_path, monkeypatch):
    published_now(tmp_path, 1)
    monkeypatch.setenv("ICP_DATA_DIR", str(tmp_path))
    settings = Settings.from_environment()
    start_run(settings, "run-8")
    record_failure(settings, "run-8", "3 account ids are repeated in crm/accounts.csv")
    banner = shown(open_app(tmp_path).warning)
    assert banner.startswith("**Stale.**")
    assert "3 account ids are repeated in crm/accounts.csv" in banner
    assert "Data as of **2026-06-17**" in banner


def test_banner_survives_a_broken_status_file(open_app, tmp_path):
    published_now(tmp_path, 1)
    (tmp_path / "run_status.json").write_text("{half a file")
    assert shown(open_app(tmp_path).info).startswith("**Fresh.**")


@pytest.mark.parametrize("world", ["empty", "one_row", "awkward"])
def test_every_page_draws_every_world(open_app, world):
    app = open_app(world)
    if world == "empty":
        assert {metric.value for metric in app.metric} == {"–"}
    for page in ("retention", "segments", "accounts", "quality"):
        app.switch_page(f"views/{page}.py").run()
        assert app.title
        assert not app.exception, page


def test_account_page_of_one_row(open_app):
    app = open_app("one_row", account="ac-000")
    assert app.title[0].value == "Invented Freight 00"
    assert "$1,000.00 in its only month, January 2025." in shown(app.caption)


def test_markup_and_length_of_names_are_tamed(open_app):
    name = awkward()["dim_accounts"][1]["account_name"]
    assert shown(open_app("awkward", account="ac-001").title) == name
    long_name = open_app("awkward", account="ac-000").title[0].value
    assert len(long_name) <= 80
    assert long_name.endswith("…")


def test_long_amounts_stay_short_with_the_full_value_in_the_help(open_app):
    app = open_app("awkward")
    assert metrics(app)["MRR"] == "¥8.54B"
    assert "¥8,537,0" in app.metric[0].help


def test_missing_file_says_what_to_run(open_app, tmp_path):
    app = open_app(tmp_path)
    assert app.title[0].value == "Nothing is published yet"
    assert app.code[0].value == "make run"


def test_page_follows_a_publication_and_survives_one_of_other_models(open_app, tmp_path):
    path = build_published(tmp_path / "published" / "icp.duckdb", "ordinary")
    app = open_app(tmp_path)
    world = ordinary()
    world["publication"][0]["version"] = "20260618T053000-0001"
    world["fct_mrr_movements"] = world["fct_mrr_movements"][:1]
    build_published(path, world)
    app.run()
    assert metrics(app)["MRR"] == "$1,000"
    assert "20260618T053000-0001" in shown(app.warning)
    with duckdb.connect(str(path)) as connection:
        connection.execute("drop table published.segment_kpis")
    app.run()
    assert "made by another version of the models" in shown(app.error)
    assert "segment_kpis" in shown(app.error)


def test_reader_keeps_its_version_while_a_new_one_is_put_in_place(tmp_path):
    path = build_published(tmp_path / "icp.duckdb", "ordinary")
    world = ordinary()
    world["publication"][0]["version"] = "next"
    world["dim_accounts"] = world["dim_accounts"][:5]
    with Published(path) as old:
        build_published(path, world)
        with Published(path) as new:
            count = "select count(*) as accounts from dim_accounts"
            assert old.frame(count)["accounts"].iloc[0] == 36
            assert new.frame(count)["accounts"].iloc[0] == 5
            assert new.publication["version"] == "next"


def test_reader_cannot_write(tmp_path):
    path = build_published(tmp_path / "icp.duckdb", "empty")
    with Published(path) as published, pytest.raises(duckdb.Error):
        published.frame("delete from dim_accounts")
