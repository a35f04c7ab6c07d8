"""The pages on curves, cost, definitions and restated values, without a browser."""

import pytest

from dashboard.reader import Published
from tests.published_schema import TABLES
from tests.published_world import build_published, ordinary
from tests.unit.test_dashboard import metrics, open_app, shown, worlds  # noqa: F401 - fixtures

PAGES = ("curves", "costs", "bridge", "restated")
MARTS = ("time_to_event_curves", "segment_cac", "metric_bridge", "restatements")


@pytest.mark.parametrize("world", ["empty", "one_row", "awkward"])
def test_every_page_draws_every_world(open_app, world):  # noqa: F811
    app = open_app(world)
    for page in PAGES:
        app.switch_page(f"views/{page}.py").run()
        assert app.title
        assert not app.exception, (page, [error.value for error in app.exception])
        if world == "empty":
            assert len(app.info) == 1 and not app.dataframe, page


def test_page_whose_mart_is_missing_says_so(open_app, tmp_path):  # noqa: F811
    world = {name: rows for name, rows in ordinary().items() if name not in MARTS}
    tables = [name for name in TABLES if name not in MARTS]
    build_published(tmp_path / "published" / "icp.duckdb", world, tables)
    app = open_app(tmp_path)
    for page, mart in zip(PAGES, MARTS, strict=True):
        app.switch_page(f"views/{page}.py").run()
        assert f"holds no {mart}" in shown(app.info)
        assert not app.exception
    app.switch_page("views/segments.py").run()
    assert not app.exception


def test_curves_are_read_off_at_fixed_days(open_app):  # noqa: F811
    app = open_app("ordinary", "curves")
    table = app.dataframe[0].value
    # steps on days 20, 40 ... 100: day 30 has the first one; day 180 is after the last
    assert table["Day 30"].iloc[0] == "6.0% (3.6% to 9.0%)"
    assert table["Day 90"].iloc[0] == "24.0% (14.4% to 36.0%)"
    assert table["Day 180"].iloc[0] == "–"
    app.selectbox(key="curves_scheme").set_value("industry").run()
    assert len(app.dataframe[0].value) == 3
    app.segmented_control(key="curves_event").set_value("time_to_value").run()
    assert not app.exception


def test_cost_of_a_segment_with_spend_and_no_customer_has_a_reason(open_app):  # noqa: F811
    app = open_app("ordinary", "costs")
    app.selectbox(key="costs_scope").set_value("Quillon Planner").run()
    for measure in ("CAC", "Payback", "Payback, observed", "LTV : CAC"):
        app.segmented_control(key="costs_measure").set_value(measure).run()
        assert not app.exception, measure
        assert measure in app.dataframe[0].value.columns
    app.selectbox(key="costs_scheme").set_value("industry").run()
    reasons = app.dataframe[0].value["Why there is no value"]
    assert reasons.dropna().tolist() == ["spend, and no new logo in the window"]


def test_bridge_ends_where_the_other_definition_stands(open_app):  # noqa: F811
    app = open_app("ordinary", "bridge")
    steps = app.dataframe[0].value
    assert steps["Step"].tolist() == [
        "GRR (12m)", "growth of stayers", "growth of returned", "NRR (12m)",
    ]  # fmt: skip
    assert steps["Amount"].tolist() == ["82.0%", "+9.0 points", "-1.0 points", "90.0%"]
    assert "unexplained: 0.0%" in shown(app.caption)


def test_restated_values_are_marked_where_they_are_shown(open_app):  # noqa: F811
    app = open_app("ordinary")
    assert "restated, was 90.0% (late data, 2026-06-08)" in shown(app.caption)
    app.switch_page("views/segments.py").run()
    app.selectbox(key="segments_metric").set_value("logo_retention").run()
    table = app.dataframe[0].value
    marked = dict(zip(table["Segment"], table["Restated"], strict=True))
    assert marked["Retail"] == "was 90.0% (late data, 2026-06-08)"
    assert table["Restated"].notna().sum() == 1


def test_restated_page_counts_causes_and_filters(open_app):  # noqa: F811
    app = open_app("ordinary", "restated")
    assert metrics(app) == {
        "Late data": "2", "Exchange rate changed": "1", "Accounts merged": "1"
    }  # fmt: skip
    assert len(app.dataframe[0].value) == 4
    app.segmented_control(key="restated_cause").set_value("late_data").run()
    assert set(app.dataframe[0].value["Cause"]) == {"late data"}


def test_reader_knows_which_tables_there_are(worlds):  # noqa: F811
    with Published(worlds["empty"] / "published" / "icp.duckdb") as published:
        assert published.has("restatements")
        assert not published.has("nothing_of_the_kind")
