"""How the dashboard writes numbers, names and ages."""

import datetime as dt

import pandas as pd
import pytest

from dagster_project import formats
from dashboard.freshness import ago
from dashboard.metrics import describe


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0"),
        (7, "7"),
        (0.256, "0.26"),
        (999.4, "999"),
        (9876, "9,876"),
        (12_345, "12.3K"),
        (-12_345, "-12.3K"),
        (999_499, "999K"),
        (999_999, "1.00M"),
        (1_240_000, "1.24M"),
        (8_536_420_000, "8.54B"),
        (1.5e12, "1.50T"),
        (4.2e15, "4,200T"),
        (None, "–"),
        (float("nan"), "–"),
        (pd.NA, "–"),
    ],
)
def test_compact(number, written):
    assert formats.compact(number) == written


@pytest.mark.parametrize(
    ("amount", "currency", "short", "long"),
    [
        (1_240_000, "USD", "$1.24M", "$1,240,000.00"),
        (-870.5, "EUR", "-€870", "-€870.50"),
        (12_300, "CHF", "CHF 12.3K", "CHF 12,300.00"),
        (5, None, "5", "5.00"),
        (None, "USD", "–", "–"),
    ],
)
def test_money(amount, currency, short, long):
    assert formats.money(amount, currency) == short
    assert formats.money(amount, currency, in_full=True) == long


def test_missing_is_a_dash_and_zero_is_not():
    for write in (formats.percent, formats.days, formats.minutes, formats.full, formats.text):
        assert write(None) == write(pd.NaT) == "–"
        assert write(0) != "–"


def test_units():
    assert formats.by_unit(1.124, "share", None) == "112.4%"
    assert formats.by_unit(1, "days", None) == "1 day"
    assert formats.by_unit(12.54, "days", None) == "12.5 days"
    assert formats.interval(0.38, 0.52, "share", None) == "38.0% to 52.0%"
    assert formats.interval(0.38, None, "share", None) == "–"


@pytest.mark.parametrize(
    ("value", "written"), [(45, "45 min"), (210, "3.5 h"), (3024, "2.1 days"), (0, "0 min")]
)
def test_minutes(value, written):
    assert formats.minutes(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "yes"),
        (False, "no"),
        (pd.Timestamp("2026-06-17"), "2026-06-17"),
        (pd.Timestamp("2026-06-17 05:30"), "2026-06-17 05:30"),
        (1234.5, "1,234.50"),
        ("Zürich", "Zürich"),
    ],
)
def test_text(value, written):
    assert formats.text(value) == written


def test_markup_is_escaped():
    assert formats.plain("$1 *a* [b](c) <i>") == r"\$1 \*a\* \[b\](c) \<i\>"
    assert formats.plain("- item") == r"\- item"
    assert formats.plain("1. one") == r"1\. one"
    assert formats.plain("a-b 2.5") == "a-b 2.5"


@pytest.mark.parametrize(
    ("span", "written"),
    [
        (dt.timedelta(seconds=-5), "0 minutes"),
        (dt.timedelta(minutes=1), "1 minute"),
        (dt.timedelta(minutes=119), "119 minutes"),
        (dt.timedelta(hours=5), "5 hours"),
        (dt.timedelta(days=3), "3 days"),
    ],
)
def test_ages(span, written):
    assert ago(span) == written


def test_windows_come_from_the_definition():
    assert describe("nrr", "nrr_cohort_18m").label == "NRR 18m"
    assert describe("time_to_value_60d").label == "Value within 60 days"
    assert describe("win_rate", "closed_trailing_12m").label == "Win rate"


def test_unlisted_metric_keeps_its_name():
    assert (describe("reply_rate").label, describe("reply_rate").unit) == ("reply rate", "share")
    assert describe("setup_days").unit == "days"
    assert describe("seats").unit == "count"
