"""Rules that every dbt model follows, judged on dbt's manifest and on the text of the models."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dagster_project.resources.dbt import DBT_PROJECT, manifest_path, parse_project
from dagster_project.resources.settings import Settings

LAYERS = ("staging", "intermediate", "marts", "activation")
PREFIXES = {
    "staging": ("stg_",),
    "intermediate": ("int_",),
    "marts": ("dim_", "fct_", "bridge_"),
    "activation": ("sync_",),
}
#: Marts whose names DESIGN fixes without a prefix.
NAMED_MARTS = {
    "cohort_retention",
    "metric_bridge",
    "feature_adoption",
    "segment_kpis",
    "segment_cac",
    "account_value",
    "time_to_event_curves",
    "funnel_conversion",
    "icp_matches",
    "icp_scores",
    "product_icp_scores",
    "rejected_rows",
}
MAX_LINES = 120
#: What engines other than DuckDB reject or answer differently.
BANNED = {
    "a `::` cast": r"::",
    "qualify": r"\bqualify\b",
    "group by all": r"\bgroup\s+by\s+all\b",
    "order by all": r"\border\s+by\s+all\b",
    "filter (where ...)": r"\bfilter\s*\(\s*where\b",
    "the machine's clock": r"\b(current_date|current_timestamp|now\s*\(|today\s*\()",
    "an engine's own function": r"\b(arg_min|arg_max|date_diff|datediff|strftime|list_agg"
    r"|list_value|unnest|generate_series|epoch|quantile_cont|try_cast|any_value|read_parquet|regexp_matches)"
    r"\s*\(",
    "select * exclude": r"\*\s+(exclude|replace)\b",
    "natural or positional join": r"\b(natural|positional|asof)\s+join\b",
    "a numbered group by": r"\bgroup\s+by\s+\d",
    "a UTC day, where day_of() gives the company's": (
        r"cast\((?=(?:[^()]|\([^()]*\))*\sas\s+date\s*\))(?:(?!\sas\s+date)[\s\S])*_at\b"
    ),
}
#: The same in the arguments of macros, which are quoted.
UTC_DAYS = r"\b(month_start|days_between|months_between|date_trunc|add_days)\('[^)]*_at'"


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory, dbt_state: Path) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("rules")
    (folder / "dbt").symlink_to(dbt_state)
    settings = Settings(icp_home=folder, data_dir=folder, sources_dir=folder)
    outcome = parse_project(settings)
    assert outcome.success, outcome.error
    return json.loads(manifest_path(settings).read_text())


@pytest.fixture(scope="session")
def models(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    nodes = manifest["nodes"].values()
    return {node["unique_id"]: node for node in nodes if node["resource_type"] == "model"}


def _tests_of(manifest: dict[str, Any], model_id: str) -> Iterator[dict[str, Any]]:
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test" and node.get("attached_node") == model_id:
            yield node


def _model_files() -> list[Path]:
    return sorted((DBT_PROJECT / "models").rglob("*.sql"))


def _code(text: str) -> str:
    """Leave out comments and quoted text: words there are not SQL."""
    text = re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
    text = re.sub(r"--[^\n]*", "", text)
    return re.sub(r"'[^'\n]*'", "''", text).lower()


def _broken_rules(text: str) -> list[str]:
    code = _code(text)
    found = [name for name, pattern in BANNED.items() if re.search(pattern, code)]
    return [*found, *re.findall(UTC_DAYS, text)]


def _layer(node: dict[str, Any]) -> str:
    return node["fqn"][1]


def test_arrows_only_go_to_the_right(manifest, models):
    wrong = []
    for node in models.values():
        for parent_id in node["depends_on"]["nodes"]:
            parent = models.get(parent_id)
            if parent is None:
                continue
            if LAYERS.index(_layer(parent)) > LAYERS.index(_layer(node)):
                wrong.append(f"{node['name']} reads {parent['name']}")
    assert not wrong


def test_only_staging_reads_landed_data(models, manifest):
    sources = manifest["sources"]
    wrong = [
        f"{node['name']} reads {sources[parent]['source_name']}.{sources[parent]['name']}"
        for node in models.values()
        for parent in node["depends_on"]["nodes"]
        if parent in sources
        and _layer(node) != "staging"
        # the definitions are no data: they are rows that people wrote
        and sources[parent]["source_name"] != "icp_registry"
    ]
    assert not wrong


def test_folder_is_schema_is_group(models):
    wrong = [
        node["name"]
        for node in models.values()
        if node["schema"] != _layer(node) or node["config"]["group"] != _layer(node)
    ]
    assert not wrong


def test_names_tell_the_layer(models):
    wrong = [
        node["name"]
        for node in models.values()
        if node["name"] not in NAMED_MARTS and not node["name"].startswith(PREFIXES[_layer(node)])
    ]
    assert not wrong


def test_source_name_is_raw_schema(manifest):
    assert all(
        source["name"] and source["schema"] == source["source_name"]
        for source in manifest["sources"].values()
    )


def test_every_description_begins_with_the_grain(models):
    wrong = [
        name
        for name, text in ((node["name"], node["description"]) for node in models.values())
        if not text.startswith("One row")
    ]
    assert not wrong


def test_marts_and_activation_have_enforced_contracts(models):
    for node in models.values():
        if _layer(node) in ("marts", "activation"):
            assert node["config"]["contract"]["enforced"], node["name"]
            assert node["columns"], f"{node['name']} declares no columns"
            untold = [
                name
                for name, column in node["columns"].items()
                if not column["description"] or not column["data_type"]
            ]
            assert not untold, f"{node['name']}: {untold} need a description and a type"


def test_every_mart_tests_its_grain_by_name(models, manifest):
    # a reject is counted as often as it occurs: it has no key
    keyed = [n for n in models.values() if _layer(n) in ("marts", "activation")]
    without = []
    for node in keyed:
        kinds = {test["test_metadata"]["name"] for test in _tests_of(manifest, node["unique_id"])}
        if not kinds & {"unique", "unique_combination"} and node["name"] != "rejected_rows":
            without.append(node["name"])
    assert not without


def test_tests_on_marts_have_names_of_their_own(models, manifest):
    names = []
    for node in models.values():
        if _layer(node) not in ("marts", "activation"):
            continue
        for test in _tests_of(manifest, node["unique_id"]):
            # a generated name ends in the arguments; two of them can collide and hide one another
            generated = f"{test['test_metadata']['name']}_{node['name']}"
            assert not test["name"].startswith(generated), f"name the test {test['name']}"
            names.append(test["name"])
    assert len(names) == len(set(names))


def test_not_null_in_a_contract_is_a_constraint(models, manifest):
    """The engine holds it while it builds; a test would be another query after the fact."""
    for test in manifest["nodes"].values():
        metadata = test.get("test_metadata") or {}
        model = models.get(test.get("attached_node"))
        if model and model["config"]["contract"]["enforced"]:
            assert metadata.get("name") != "not_null", test["name"]


def test_big_tables_are_tested_on_the_days_that_were_built(models, manifest):
    big = [node for node in models.values() if node["config"]["materialized"] == "daily_range"]
    assert big
    wrong = [
        test["name"]
        for node in big
        for test in _tests_of(manifest, node["unique_id"])
        if "__usage_days__" not in (test["config"].get("where") or "")
    ]
    assert not wrong


@pytest.mark.parametrize("path", _model_files(), ids=lambda path: path.stem)
def test_model_is_portable_and_short(path):
    text = path.read_text()
    assert not _broken_rules(text)
    assert len(text.splitlines()) <= MAX_LINES
    assert max(len(line) for line in text.splitlines()) <= 100


@pytest.mark.parametrize(
    "text",
    [
        "select a::int from b",
        "select a from b qualify row_number() over () = 1",
        "select a, count(*) from b group by all",
        "select count(*) filter (where a) from b",
        "select current_date",
        "select date_diff('day', a, b)",
        "select * exclude (a) from b",
        "select a, count(*) from b group by 1",
        "select cast(b.created_at as date) from b",
        "select cast(coalesce(a.created_at, b.closed_at) as date) from b",
        "select {{ dbt.date_trunc('month', 'created_at') }} from b",
        "select {{ month_start('created_at') }} from b",
        "select {{ days_between('opened_on', 'b.closed_at') }} from b",
    ],
)
def test_banned_syntax_is_found(text):
    assert _broken_rules(text)


def test_comments_and_quoted_words_are_not_code():
    assert not _broken_rules("select 'a::b' as c -- no qualify here\nfrom d")
