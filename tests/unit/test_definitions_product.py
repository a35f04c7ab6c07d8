"""Mistakes in products and the portfolio: each is found, on its line, with a remedy."""

from pathlib import Path

import pytest
from definition_folder import ALPHA, DefinitionFolder

BETA = "products/beta.yml"

# file, old text, new text, a part of the line to be named, field, message, remedy
CASES = {
    "unknown field": (
        ALPHA, "gtm_motion: sales_led", "gtm_moton: sales_led", "gtm_moton",
        "icps[0].gtm_moton", "is no field", "did you mean `gtm_motion`",
    ),
    "a field of another tool": (
        ALPHA, "points: 1\n", "weight: 1\n        points: 1\n", "weight: 1",
        "icps[0].criteria[3].weight", "is no field", "did you mean `points`",
    ),
    "upper bound by the wrong name": (
        ALPHA, "below: 200", "at_most: 200", "at_most", "icps[0].criteria[1].at_most",
        "is no field", "did you mean `below`",
    ),
    "missing field": (
        ALPHA, "    smallest_effect: 0.1\n", "", "- icp_id: alpha_shops", "icps[0]",
        "`smallest_effect` is missing", "add `smallest_effect",
    ),
    "not a number": (
        ALPHA, "max_points: 10", "max_points: ten", "max_points: ten", "icps[0].max_points",
        "`ten` should be a valid number", "write a number above 0, e.g. ",
    ),
    "status unknown": (
        ALPHA, "status: hypothesis", "status: validate", "status: validate", "icps[0].status",
        "`validate` is not allowed", "did you mean `validated`",
    ),
    "margin as percent": (
        ALPHA, "gross_margin: 0.8", "gross_margin: 80", "gross_margin", "gross_margin",
        "less than or equal to 1", "a number of at least 0 and at most 1, e.g. 0.95",
    ),
    "margin that is no number": (
        ALPHA, "gross_margin: 0.8", "gross_margin: .nan", "gross_margin", "gross_margin",
        "`.nan` should be a valid number", "e.g. 0.95",
    ),
    "margin without a bound": (
        ALPHA, "gross_margin: 0.8", "gross_margin: inf", "gross_margin", "gross_margin",
        "`inf` should be a finite number", "e.g. 0.95",
    ),
    "attribute misspelt": (
        ALPHA, "attribute: technology", "attribute: technologies", "technologies",
        "icps[0].criteria[3].attribute", "no attribute of accounts", "did you mean `technology`",
    ),
    "attribute of a person": (
        ALPHA, "attribute: technology", "attribute: seniority", "attribute: seniority",
        "icps[0].criteria[3].attribute", "describes a person", "personas",
    ),
    "attribute forbidden": (
        ALPHA, "attribute: country", "attribute: primary_product", "primary_product",
        "icps[0].criteria[2].attribute", "forbidden", "use one of: active_users_28d",
    ),
    "dimension of another attribute": (
        ALPHA, "dimension: technographic", "dimension: firmographic # here",
        "# here", "icps[0].criteria[3].dimension", "is technographic", "use one of",
    ),
    "no test": (
        ALPHA, "        in: [Some Tool]\n", "", "- criterion_id: stack_fits",
        "icps[0].criteria[3]", "exactly one test", "in: [..]",
    ),
    "two tests": (
        ALPHA, "in: [Some Tool]", "in: [Some Tool]\n        not_in: [Any]",
        "- criterion_id: stack_fits", "icps[0].criteria[3]", "exactly one test", "in: [..]",
    ),
    "range of a text": (
        ALPHA, "not_in: [NO]", "at_least: 3", "at_least: 3", "icps[0].criteria[2].at_least",
        "needs a number", "in: [..]",
    ),
    "list of a number": (
        ALPHA, "        below: 3\n", "        in: [1, 2]\n", "in: [1, 2]",
        "icps[0].disqualifiers[0].in", "cannot be listed", "at_least",
    ),
    "empty range": (
        ALPHA, "below: 200", "below: 20", "        below: 20", "icps[0].criteria[1].below",
        "range is empty", "excluded",
    ),
    "points do not sum": (
        ALPHA, "points: 1\n", "points: 2\n", "max_points", "icps[0].max_points",
        "sum to 11, but max_points is 10", "max_points: 11",
    ),
    "nobody can match": (
        ALPHA, "match_points: 6", "match_points: 11", "match_points", "icps[0].match_points",
        "no account can reach 11", "at most",
    ),
    "cut-offs rise": (
        ALPHA, "B: 5, C: 2", "B: 2, C: 5", "tiers:", "icps[0].tiers", "do not fall", "most points",
    ),
    "tier A out of reach": (
        ALPHA, "A: 8", "A: 12", "tiers:", "icps[0].tiers.A", "reach 12 of 10", "at most",
    ),
    "D starts above 0": (
        ALPHA, "C: 2}", "C: 3, D: 1}", "tiers:", "icps[0].tiers.D", "must start at 0", "D: 0",
    ),
    "margin wider than a tier": (
        ALPHA, "tier_margin: 1", "tier_margin: 2", "tier_margin", "icps[0].tier_margin",
        "jumps over a tier", "smaller",
    ),
    "data-derived without support": (
        ALPHA, "        support: 40\n", "", "provenance: data_derived",
        "icps[0].criteria[1].provenance", "how many accounts", "support",
    ),
    "criterion twice": (
        ALPHA, "criterion_id: not_abroad", "criterion_id: size_fits # again",
        "# again", "icps[0].criteria[2].criterion_id", "used twice", "own name",
    ),
    "persona unknown": (
        ALPHA, "[planner, buyer]", "[planer, buyer]", "personas: [planer", "icps[0].personas[0]",
        "no persona", "did you mean `planner`",
    ),
    "portfolio names no file": (
        "portfolio.yml", "[alpha, beta]", "[alpha, beta, alfa]", "products:", "products[2]",
        "no file", "did you mean `alpha`",
    ),
    "alias taken": (
        BETA, "name: Beta", "name: Beta\naliases: [alpha one]", "aliases",
        "aliases[0]", "already names a product in products/alpha.yml", "each product",
    ),
    "plan without its features": (
        BETA, "Guest, features: []", "Guest", "plan: Guest", "plans[2]",
        "`features` is missing", "add `features",
    ),
    "plan twice on one day": (
        BETA, "until: 2025-02-01", "until: 2025-02-02", "from: 2025-02-01", "plans[1].plan",
        "plans[0] says what `Basic` includes on some of the same days", "end one entry where",
    ),
    "plan twice, spelt differently": (
        BETA, "plan: Guest,", "plan: ' BASIC', until: 2025-01-02,", "BASIC", "plans[2].plan",
        "plans[0] says what `BASIC` includes", "keep one of them",
    ),
    "plan on no day": (
        BETA, "[boards], until: 2025-02-01", "[boards], from: 2025-02-01, until: 2025-02-01",
        "until", "plans[0].until", "no day lies from 2025-02-01 until 2025-02-01", "the later",
    ),
    "feature twice in a plan": (
        BETA, "[boards, alerts]", "[boards, alerts, boards]", "alerts", "plans[1].features[2]",
        "`boards` is listed twice in `Basic`", "once",
    ),
    "ICP id taken": (
        "portfolio.yml", "icp_id: shared", "icp_id: alpha_shops", "icp_id", "icp.icp_id",
        "already exists in products/alpha.yml", "own icp_id",
    ),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> DefinitionFolder:
    return DefinitionFolder.copy_to(tmp_path)


@pytest.mark.parametrize("name", CASES)
def test_mistake_is_found_on_its_line(name: str, folder: DefinitionFolder) -> None:
    file, old, new, marker, field, message, remedy = CASES[name]
    folder.edit(file, old, new)
    problem = folder.problem()
    assert (problem.file, problem.line) == (file, folder.line_of(file, marker))
    assert problem.field == field
    assert message in problem.message
    assert remedy in problem.remedy


def test_unlisted_product_is_reported_in_its_own_file(folder: DefinitionFolder) -> None:
    folder.edit("portfolio.yml", "[alpha, beta]", "[alpha]")
    problem = folder.problem()
    assert (problem.file, problem.line, problem.field) == ("products/beta.yml", 1, "product_id")
    assert "not in the list of portfolio.yml" in problem.message
    assert "- beta" in problem.remedy
