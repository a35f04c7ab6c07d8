"""The version of an ICP follows what it says, and nothing else."""

from pathlib import Path

import pytest
from definition_folder import ALPHA, DefinitionFolder

from dagster_project.icp.loading import Definitions
from dagster_project.icp.versions import icp_version, normalised_body


@pytest.fixture
def folder(tmp_path: Path) -> DefinitionFolder:
    return DefinitionFolder.copy_to(tmp_path)


def alpha_version(definitions: Definitions) -> str:
    return icp_version(definitions.icps()[0])


def rewrite(folder: DefinitionFolder, old: str, new: str) -> Definitions:
    folder.edit(ALPHA, old, new)
    return folder.load()


UNCHANGED = {
    "comment": ("tier_margin: 1", "tier_margin: 1   # one point"),
    "number spelling": ("max_points: 10", "max_points: 10.0"),
    "flow instead of block": (
        "      - pain_id: slow\n        pain: It is slow\n",
        "      - {pain: 'It is slow', pain_id: slow}\n",
    ),
    "explicit default": ("tier_margin: 1", "tier_margin: 1\n    min_completeness: 0.5"),
    "order and case of values": ("in: [Retail, Shops]", "in: [shops, ' RETAIL ']"),
    "order of personas": ("[planner, buyer]", "[buyer, planner]"),
    "margin of the product": ("gross_margin: 0.8", "gross_margin: 0.7"),
    "name of the product": ("name: Alpha One", "name: Alpha Two"),
    "review date": ("last_reviewed: 2025-01-01", "last_reviewed: 2025-02-01"),
}

CHANGED = {
    "points": ("points: 2\n", "points: 2.5\n"),
    "bound": ("below: 200", "below: 201"),
    "value": ("in: [Some Tool]", "in: [Some Tool, Other Tool]"),
    "operator": ("not_in: [NO]", "in: [NO]"),
    "required": ("required: true", "required: false"),
    "status": ("status: hypothesis", "status: validated"),
    "disqualifier": ("below: 3\n", "below: 4\n"),
    "tier": ("A: 8", "A: 9"),
    "label": ("label: A shop", "label: Any shop"),
}


@pytest.mark.parametrize("name", UNCHANGED)
def test_layout_and_neighbours_make_no_new_version(name: str, folder: DefinitionFolder) -> None:
    before = alpha_version(folder.load())
    assert alpha_version(rewrite(folder, *UNCHANGED[name])) == before


def test_order_of_keys_and_criteria_makes_no_new_version(folder: DefinitionFolder) -> None:
    before = alpha_version(folder.load())
    text = folder.text(ALPHA)
    first = text[text.index("      - criterion_id: industry_fits") :]
    first = first[: first.index("      - criterion_id: size_fits")]
    moved = text.replace(first, "").replace("    disqualifiers:\n", f"{first}    disqualifiers:\n")
    moved = moved.replace("    status: hypothesis\n", "")
    moved = moved.replace("    max_points: 10\n", "    max_points: 10\n    status: hypothesis\n")
    assert moved != text
    folder.write(ALPHA, moved)
    assert alpha_version(folder.load()) == before


@pytest.mark.parametrize("name", CHANGED)
def test_meaning_makes_a_new_version(name: str, folder: DefinitionFolder) -> None:
    before = alpha_version(folder.load())
    old, new = CHANGED[name]
    if name == "points":  # keep the sum right, so that only the version is tested
        folder.edit(ALPHA, "max_points: 10", "max_points: 10.5")
    assert alpha_version(rewrite(folder, old, new)) != before


def test_version_is_twelve_hexadecimal_digits_of_the_body(folder: DefinitionFolder) -> None:
    owned = folder.load().icps()[0]
    assert len(icp_version(owned)) == 12
    assert int(icp_version(owned), 16) >= 0
    assert '"product_id":"alpha"' in normalised_body(owned)
