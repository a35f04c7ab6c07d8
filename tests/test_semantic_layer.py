"""The semantic layer: its definitions are valid, and `mf query` gives what the marts give."""

import json
from csv import DictReader
from pathlib import Path

import duckdb
import pytest
from dbt_semantic_interfaces.implementations.semantic_manifest import PydanticSemanticManifest
from dbt_semantic_interfaces.validations.semantic_manifest_validator import (
    SemanticManifestValidator,
)

from dagster_project.resources.dbt import manifest_path, parse_project
from dagster_project.resources.semantic_layer import run_mf
from dagster_project.resources.settings import Settings
from tests.published_world import build_published

HEADLINES = ("mrr", "customers", "nrr", "grr", "logo_retention", "win_rate", "cac")
DEFINITIONS = {
    "nrr": "nrr_cohort_12m",
    "grr": "grr_point_12m",
    "logo_retention": "closed_cohort_12m",
    "win_rate": "closed_trailing_12m",
    "cac": "cac_fully_loaded",
}


@pytest.fixture(scope="session")
def manifest_folder(tmp_path_factory: pytest.TempPathFactory, dbt_state: Path) -> Path:
    folder = tmp_path_factory.mktemp("semantic")
    (folder / "dbt").symlink_to(dbt_state)
    settings = Settings(icp_home=folder, data_dir=folder, sources_dir=folder)
    outcome = parse_project(settings)
    assert outcome.success, outcome.error
    return manifest_path(settings).parent


def test_semantic_manifest_is_valid_and_has_every_headline(manifest_folder: Path) -> None:
    text = (manifest_folder / "semantic_manifest.json").read_text()
    found = SemanticManifestValidator[PydanticSemanticManifest]().validate_semantic_manifest(
        PydanticSemanticManifest.parse_raw(text)
    )
    assert [error.as_readable_str() for error in found.errors] == []
    assert set(HEADLINES) <= {metric["name"] for metric in json.loads(text)["metrics"]}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Give a deployment with the published file of the invented company."""
    folder = tmp_path_factory.mktemp("queried")
    made = Settings(icp_home=folder, data_dir=folder, sources_dir=folder)
    build_published(made.published)
    with duckdb.connect(str(made.published)) as connection:
        connection.execute(
            "update published.segment_kpis set metric_definition = 'cac_fully_loaded'"
            " where metric = 'cac'"
        )
    return made


def _ask(settings: Settings, metrics: list[str], group_by: list[str]) -> list[dict[str, str]]:
    answer = settings.data_dir / "answer.csv"
    arguments = ["query", "--metrics", ",".join(metrics), "--group-by", ",".join(group_by)]
    assert run_mf(settings, [*arguments, "--csv", str(answer)]) == 0
    with answer.open(encoding="utf-8") as lines:
        return list(DictReader(lines))


def _query(settings: Settings, sql: str) -> list[tuple]:
    with duckdb.connect(str(settings.published), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def _number(text: str | None) -> float | None:
    return float(text) if text and text != "nan" else None


@pytest.mark.prove
def test_headlines_equal_the_marts(settings: Settings) -> None:
    rows = _ask(settings, list(HEADLINES), ["metric_time__month"])
    found = {
        (row["metric_time__month"][:10], name): _number(row[name])
        for row in rows
        for name in HEADLINES
    }
    expected: dict[tuple[str, str], float] = {}
    for month, mrr, customers in _query(
        settings,
        "select period_month, sum(closing_mrr), count(distinct customer_id) filter"
        " (where closing_mrr > 0) from published.fct_mrr_movements group by 1",
    ):
        expected |= {(str(month), "mrr"): float(mrr), (str(month), "customers"): customers}
    for name, definition in DEFINITIONS.items():
        values = _query(
            settings,
            "select period_month, numerator / denominator from published.segment_kpis"
            f" where metric = '{name}' and metric_definition = '{definition}'"
            " and scope = 'portfolio' and segment_scheme = 'all' and value is not null",
        )
        assert values
        expected |= {(str(month), name): value for month, value in values}
    assert {key: value for key, value in found.items() if value is not None} == pytest.approx(
        expected, rel=1e-9
    )


@pytest.mark.prove
def test_segments_equal_the_marts(settings: Settings) -> None:
    names = ["kpi__scope", "kpi__product_id", "kpi__segment_scheme", "kpi__segment"]
    rows = _ask(settings, ["segment_nrr", "segment_cac"], ["metric_time__month", *names])
    found = {
        (row["metric_time__month"][:10], *(row[name] or None for name in names), metric): value
        for row in rows
        for metric in ("nrr", "cac")
        if (value := _number(row[f"segment_{metric}"])) is not None
    }
    expected = {
        (str(month), *rest): value
        for month, *rest, value in _query(
            settings,
            "select period_month, scope, product_id, segment_scheme, segment, metric,"
            " numerator / nullif(denominator, 0) from published.segment_kpis"
            " where metric in ('nrr', 'cac') and numerator is not null and denominator > 0",
        )
    }
    assert len(expected) > 20
    assert found == pytest.approx(expected, rel=1e-9)
