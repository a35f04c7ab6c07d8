"""Shrunken shares by the published arithmetic, on the SQL that the models use."""

import duckdb
import pytest
from jinja2 import Environment

from dagster_project.resources.dbt import DBT_PROJECT


def _macro(name: str, *arguments: object) -> str:
    text = (DBT_PROJECT / "macros" / "shrinkage.sql").read_text(encoding="utf-8")
    macros = Environment(autoescape=False).from_string(text).module  # noqa: S701 - this is SQL
    return getattr(macros, name)(*arguments)


def _answer(expression: str) -> float | None:
    return duckdb.sql(f"select {expression}").fetchone()[0]


@pytest.mark.parametrize(
    ("successes", "trials", "expected"), [(3, 4, 0.2500), (40, 100, 0.3429), (0, 6, 0.1739)]
)
def test_prior_of_8_and_32(successes: int, trials: int, expected: float) -> None:
    """METRICS G29: Beta(8, 32) is a pooled share of 0.2 with the strength of 40 trials."""
    shrunk = _answer(_macro("shrunk_share", successes, trials, 0.2, 40))
    assert shrunk == pytest.approx(expected, abs=5e-5)


def _strength(cells: list[tuple[int, int]]) -> float | None:
    n = sum(trials for _, trials in cells)
    pooled = sum(hits for hits, _ in cells) / n
    spread = sum(trials * (hits / trials - pooled) ** 2 for hits, trials in cells)
    squares = sum(trials**2 for _, trials in cells)
    return _answer(_macro("prior_strength", len(cells), n, squares, spread, pooled))


def test_segments_that_differ_no_more_than_chance_get_the_pooled_share() -> None:
    assert _strength([(50, 100), (50, 100), (51, 100)]) is None
    assert _answer(_macro("shrunk_share", 51, 100, 0.5, "null")) == 0.5


def test_one_segment_alone_tells_nothing_about_others() -> None:
    assert _strength([(3, 4)]) is None


def test_the_more_segments_differ_the_less_they_are_pulled() -> None:
    little, much = _strength([(40, 100), (60, 100)]), _strength([(10, 100), (90, 100)])
    assert little > much >= 0
