"""Advice on definitions that are valid but weak: both sides of each warning."""

from datetime import date
from pathlib import Path

import pytest
from definition_folder import ALPHA, DefinitionFolder

from dagster_project.icp.advice import advise
from dagster_project.icp.problems import Problem


@pytest.fixture
def folder(tmp_path: Path) -> DefinitionFolder:
    return DefinitionFolder.copy_to(tmp_path)


def warnings(folder: DefinitionFolder, as_of: date | None = None) -> list[Problem]:
    return [item for item in advise(folder.load(), as_of=as_of) if item.file == ALPHA]


def test_a_sound_icp_has_no_warning(folder: DefinitionFolder) -> None:
    assert warnings(folder) == []
    assert warnings(folder, as_of=date(2025, 6, 30)) == []


def test_overdue_review_is_a_warning(folder: DefinitionFolder) -> None:
    (warning,) = warnings(folder, as_of=date(2025, 7, 1))
    assert warning.severity == "warning"
    assert "due on 2025-06-30, 1 days ago" in warning.message
    assert warning.line == folder.line_of(ALPHA, "last_reviewed")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    owner: Ann Example\n", "", "nobody owns"),
        ("dimension: technographic\n        attribute: technology",
         "dimension: firmographic\n        attribute: region", "only firmographics"),
        ("    disqualifiers:\n      - disqualifier_id: tiny\n        attribute: employees\n"
         "        below: 3\n", "", "nobody is a bad fit"),
    ],
)  # fmt: skip
def test_weak_icps_get_a_warning(
    old: str, new: str, message: str, folder: DefinitionFolder
) -> None:
    folder.edit(ALPHA, old, new)
    (warning,) = warnings(folder)
    assert message in warning.message


def test_too_few_and_too_many_criteria(folder: DefinitionFolder) -> None:
    portfolio = [item for item in advise(folder.load()) if item.file == "portfolio.yml"]
    assert any(item.message.startswith("1 criteria; 4 to 8") for item in portfolio)


def test_two_icps_through_one_motion_get_a_warning(folder: DefinitionFolder) -> None:
    text = folder.text(ALPHA)
    block = text[text.index("  - icp_id:") :]
    second = block.replace("alpha_shops", "alpha_second")
    folder.write(ALPHA, text + second)
    (warning,) = warnings(folder)
    assert "`alpha_shops` already uses sales_led" in warning.message
    retired = second.replace("status: hypothesis", "status: retired")
    folder.write(ALPHA, text + retired)
    assert warnings(folder) == []


def test_product_without_icp_gets_a_warning(folder: DefinitionFolder) -> None:
    found = [item.message for item in advise(folder.load()) if "beta" in item.file]
    assert found == ["Beta has no active ICP, so its accounts get no score"]
