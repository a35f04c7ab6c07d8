"""The definitions folder as a whole: what loads, and what a broken file is told."""

import shutil
from pathlib import Path

import pytest
from definition_folder import ALPHA, DefinitionFolder

from dagster_project.icp.loading import validate
from dagster_project.icp.problems import DefinitionError
from dagster_project.resources.settings import PROJECT_ROOT


@pytest.fixture
def folder(tmp_path: Path) -> DefinitionFolder:
    return DefinitionFolder.copy_to(tmp_path)


@pytest.mark.parametrize("name", ["icp", "examples/ravenstack", "examples/maven_crm"])
def test_shipped_folders_have_no_problem(name: str) -> None:
    assert validate(PROJECT_ROOT / name) == []


def test_sample_loads_with_its_values(folder: DefinitionFolder) -> None:
    definitions = folder.load()
    assert definitions.company.metrics.min_n == 5
    assert definitions.company.metrics.win_rate_window_months == 12
    assert [owned.icp.icp_id for owned in definitions.icps()] == ["alpha_shops", "shared"]
    assert [owned.scope for owned in definitions.icps()] == ["product", "portfolio"]
    crm, events = definitions.sources.sources
    assert set(crm.entities) == {"crm.accounts", "billing.customers"}
    accounts = crm.entities["crm.accounts"]
    assert accounts.columns["account_id"].from_ == ("id",)
    assert accounts.columns["name"].from_ == ("account_name", "company")
    assert accounts.columns["currency"].value == "EUR"
    assert accounts.load_mode == "snapshot"
    assert accounts.encoding == ("cp1252",)
    assert (accounts.tolerances.rejected_rate, accounts.tolerances.min_rows) == (0.1, 1)
    assert events.entities["product.events"].load_mode == "append"
    assert events.entities["product.events"].file_format == "parquet"


def test_the_country_code_of_norway_stays_text(folder: DefinitionFolder) -> None:
    criterion = folder.load().products[0].icps[0].criteria[2]
    assert criterion.values == ("no",)


def test_all_problems_of_all_files_come_at_once(folder: DefinitionFolder) -> None:
    folder.edit("company.yml", "below: 50", "below: 40")
    folder.edit(ALPHA, "points: 1\n", "points: 2\n")
    folder.edit("sources.yml", "path: tickets.csv", "path: tickets.dat")
    with pytest.raises(DefinitionError) as error:
        folder.load()
    assert [problem.file for problem in error.value.problems] == [
        "company.yml",
        ALPHA,
        "sources.yml",
    ]
    text = str(error.value)
    assert text.startswith("3 problems in the definitions:\n")
    assert "products/alpha.yml:17 icps[0].max_points: the points of the criteria sum to 11" in text
    assert "Remedy: set `max_points: 11`" in text


def test_missing_and_empty_files(folder: DefinitionFolder) -> None:
    (folder.home / "portfolio.yml").unlink()
    folder.write("company.yml", "# nothing yet\n")
    shutil.rmtree(folder.home / "products")
    found = [(problem.file, problem.message) for problem in validate(folder.home)]
    assert ("portfolio.yml", "is missing") in found
    assert ("company.yml", "is empty") in found
    assert ("products/", "holds no product") in found


def test_broken_yaml_names_the_line(folder: DefinitionFolder) -> None:
    folder.edit("company.yml", "time_zone: Europe/Berlin", "time_zone: [Europe/Berlin")
    problem = folder.problem()
    assert problem.line == 4
    assert "not valid YAML" in problem.message


def test_repeated_key_names_both_lines(folder: DefinitionFolder) -> None:
    folder.edit("company.yml", "metrics:", "name: Again\nmetrics:")
    problem = folder.problem()
    assert (problem.line, problem.field) == (4, "name")
    assert "already given on line 1" in problem.message


def test_file_that_is_no_text(folder: DefinitionFolder) -> None:
    (folder.home / "company.yml").write_bytes(b"name: \xff\xfe")
    assert "not UTF-8" in folder.problem().message


def test_windows_line_ends_and_byte_order_mark_are_fine(folder: DefinitionFolder) -> None:
    text = folder.text(ALPHA)
    (folder.home / ALPHA).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert validate(folder.home) == []


def test_a_list_that_holds_itself_is_told_on_its_line(folder: DefinitionFolder) -> None:
    folder.edit("portfolio.yml", "[alpha, beta]", "&all [alpha, beta, *all]")
    problems = validate(folder.home)
    assert [(p.file, p.line, p.field) for p in problems] == [("portfolio.yml", 1, "products[2]")]
    assert "stands inside what it names" in problems[0].message


def test_one_anchor_used_twice_is_no_list_that_holds_itself(folder: DefinitionFolder) -> None:
    folder.edit("portfolio.yml", "in: [Retail]", "in: &kinds [Retail]")
    folder.write("portfolio.yml", folder.text("portfolio.yml") + "      evidence: *kinds\n")
    assert "stands inside" not in "".join(map(str, validate(folder.home)))


def test_a_list_is_no_key(folder: DefinitionFolder) -> None:
    folder.edit("company.yml", "metrics:", "[a, b]: 1\nmetrics:")
    problem = folder.problem()
    assert problem.line == 4
    assert "a list or a mapping stands where a name should" in problem.message


def test_personas_are_not_missed_where_the_portfolio_cannot_be_read(
    folder: DefinitionFolder,
) -> None:
    assert "personas: [planner, buyer]" in folder.text(ALPHA)
    folder.edit("portfolio.yml", "max_points: 4", "max_points: four")
    assert [problem.file for problem in validate(folder.home)] == ["portfolio.yml"]


@pytest.mark.parametrize("encoding", ["cp12521", "base64"])
def test_an_encoding_that_landing_would_refuse(folder: DefinitionFolder, encoding: str) -> None:
    folder.edit("sources.yml", "encoding: cp1252", f"encoding: {encoding}")
    problem = folder.problem()
    assert problem.field == "sources[0].entities.accounts.encoding"
    assert f"`{encoding}` is no text encoding" in problem.message
    assert "cp1252" in problem.remedy


def test_a_list_is_not_called_short_of_the_items_that_are_refused(folder: DefinitionFolder) -> None:
    folder.write("sources.yml", "sources:\n  - name: NO SLUG\n    entities: {accounts: {}}\n")
    assert [p.field for p in validate(folder.home)] == ["sources[0].name"]
