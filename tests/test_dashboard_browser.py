"""The dashboard in headless Chromium: what only a browser shows, and what it asks of whom.

Set ICP_PICTURES to a folder to keep a picture of every page that these tests open.
"""

import os
from pathlib import Path

import pytest

from tests.dashboard_browser import (
    CHROMEDRIVER,
    CHROMIUM,
    body,
    browser,
    click,
    open_page,
    picture,
    requested_hosts,
    serve,
    settle,
    table_text,
)
from tests.published_world import build_published

pytest.importorskip("selenium", reason="selenium is not installed: install the dev extra")
pytestmark = [
    pytest.mark.prove,
    pytest.mark.skipif(
        not (CHROMIUM and CHROMEDRIVER), reason="chromium and chromedriver are not both installed"
    ),
]
PAGES = (
    "", "retention", "segments", "curves", "costs", "bridge", "restated", "accounts", "quality",
    "?account=ac-001",
)  # fmt: skip


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    build_published(folder / "published" / "icp.duckdb", "ordinary")
    return folder


@pytest.fixture(scope="module")
def address(data_dir):
    with serve(data_dir) as running:
        yield running


@pytest.fixture
def world(data_dir):
    """Give a function that publishes another world under the running dashboard."""

    def publish(name: str) -> None:
        build_published(data_dir / "published" / "icp.duckdb", name)

    yield publish
    publish("ordinary")


def keep(driver, name: str, width: int = 1280) -> None:
    if folder := os.environ.get("ICP_PICTURES"):  # only where a person wants to look
        picture(driver, Path(folder) / f"{name}_{width}.png", width)


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("ordinary", 1280),
        ("awkward", 800),
        ("empty", 1280),
        ("one_row", 800),
        pytest.param("ordinary", 800, marks=pytest.mark.prove),
        pytest.param("awkward", 1280, marks=pytest.mark.prove),
        pytest.param("empty", 800, marks=pytest.mark.prove),
        pytest.param("one_row", 1280, marks=pytest.mark.prove),
    ],
)
def test_pages_fit_and_show_no_error(driver, address, world, name, width):
    world(name)
    requested_hosts(driver)
    for page in PAGES:
        if name in ("empty", "one_row") and page.startswith("?"):
            continue
        open_page(driver, f"{address}/{page}", width)
        text = body(driver)
        assert "Traceback" not in text
        assert "Error" not in text.replace("Errors", "")
        assert "Stale." in text
        overflow = "return document.documentElement.scrollWidth - window.innerWidth"
        assert driver.execute_script(overflow) <= 0, f"{page} is wider than {width} pixels"
        keep(driver, f"{name}_{page.replace('?account=', 'account_') or 'overview'}", width)
    # no font, script or statistic comes from anywhere but the dashboard itself
    assert requested_hosts(driver) == {"127.0.0.1"}


def test_headlines_and_pictures_are_drawn(driver, address):
    open_page(driver, address)
    text = body(driver)
    for expected in ("$69.2K", "86.7%", "69.5% to 100.0%, n = 15", "Accounts by ICP tier"):
        assert expected in text
    charts = driver.execute_script(
        "return [...document.querySelectorAll('[data-testid=\"stVegaLiteChart\"]')]"
        ".map(chart => chart.querySelectorAll('path[aria-roledescription]').length)"
    )
    # a line with its 18 points, and 3 bars of 6 tiers
    assert charts == [19, 18]


def test_switching_the_filter_changes_the_table(driver, address):
    open_page(driver, f"{address}/segments")
    assert "Software" in table_text(driver)
    click(driver, "Only reliable")
    settle(driver)
    assert "Software" not in table_text(driver)
    assert "Logistics" in table_text(driver)


def test_account_link_opens_the_account_and_the_menu_leaves_it(driver, address):
    open_page(driver, f"{address}/accounts?account=ac-001")
    assert "Invented Stores 01" in body(driver)
    assert "60" in table_text(driver)
    click(driver, "Overview")
    settle(driver)
    assert "Ideal customers at a glance" in body(driver)
    assert "account=" not in driver.current_url
    driver.back()
    settle(driver)
    assert "Invented Stores 01" in body(driver)


def test_names_with_markup_stay_text(driver, address, world):
    world("awkward")
    open_page(driver, f"{address}/?account=ac-001")
    title = driver.execute_script("return document.querySelector('h1').innerText")
    assert title == "*Odd* $1 & $2 <b>Ltd</b> [link](https://invented.example)"


def test_missing_file_says_what_to_run(driver, tmp_path):
    with serve(tmp_path) as empty_address:
        open_page(driver, empty_address)
        assert "Nothing is published yet" in body(driver)
        assert "make run" in body(driver)
        keep(driver, "missing")
