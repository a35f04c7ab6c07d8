"""ICP scores of random accounts against the rubric worked out in plain Python, and the CRM rows."""

import random
from pathlib import Path
from typing import Any

import pytest
from conftest import World
from raw_world import build_raw_world

from dagster_project.resources.settings import Settings

CRITERIA = [  # id, attribute, operator, low, high, values, points, required
    ("industry", "industry", "in", None, None, {"software", "retail"}, 40.0, True),
    ("size", "employees", "between", 50.0, 500.0, set(), 25.5, False),
    ("place", "country", "not_in", None, None, {"atlantis"}, 14.5, False),
    ("tools", "technology", "in", None, None, {"routewise"}, 20.0, False),
]
CUTOFFS = {"A": 80.0, "B": 55.0, "C": 30.0}
MATCH_POINTS, MIN_COMPLETENESS = 60.0, 0.5
VERSION = {
    "icp_version": "v1",
    "icp_name": "Core",
    "icp_status": "hypothesis",
    "max_points": 100.0,
    "match_points": MATCH_POINTS,
    "tier_margin": 0.0,
    "min_completeness": MIN_COMPLETENESS,
    "body": "{}",
    "valid_from": "2030-01-01 00:00:00",
    "is_current": True,
}
KEY = {"icp_id": "atlas_core", "icp_version": "v1"}


def _registry() -> dict[str, list[dict[str, Any]]]:
    return {
        "icp_versions": [VERSION | KEY | {"scope": "product", "product_id": "atlas"}],
        "icp_criteria": [
            KEY
            | {"criterion_id": name, "dimension": "firmographic", "attribute": attribute}
            | {"operator": operator, "value_low": low, "value_high": high, "points": points}
            | {"is_required": required, "provenance": "assumed"}
            for name, attribute, operator, low, high, _, points, required in CRITERIA
        ],
        "icp_criterion_values": [
            KEY | {"criterion_id": name, "value_text": value}
            for name, *_, values, _, _ in CRITERIA
            for value in sorted(values)
        ],
        "icp_disqualifiers": [
            KEY
            | {"disqualifier_id": "tiny", "attribute": "employees", "operator": "between"}
            | {"value_low": None, "value_high": 5.0}
        ],
        "icp_tiers": [
            KEY | {"tier": tier, "min_points": points}
            for tier, points in (CUTOFFS | {"D": 0.0}).items()
        ],
    }


def _accounts() -> list[dict[str, Any]]:
    dice = random.Random(11)
    return [
        {
            "account_id": f"A{number:03d}",
            "name": f"Firm {number}",
            "industry": dice.choice(("Software", "retail", "mining", None)),
            "employees": dice.choice((3, 50, 499, 500, None)),
            "country": dice.choice(("Norland", "Atlantis", None)),
            "technologies": dice.choice(((), ("Other",), ("Other", "RouteWise"))),
        }
        for number in range(150)
    ]


def _expected(account: dict[str, Any]) -> dict[str, Any]:
    """Work the rubric out by hand: criterion by criterion, then gates, tier and match."""
    known = {
        "industry": account["industry"] and {account["industry"].lower()},
        "employees": account["employees"] and {account["employees"]},
        "country": account["country"] and {account["country"].lower()},
        "technology": {name.lower() for name in account["technologies"]},
    }
    met: dict[str, bool | None] = {}
    for name, attribute, operator, low, high, values, *_ in CRITERIA:
        held = known[attribute]
        if not held:
            met[name] = None
        elif operator == "between":
            met[name] = any(low <= value < high for value in held)
        else:
            met[name] = bool(held & values) == (operator == "in")
    points_of = {name: points for name, *_, points, _ in CRITERIA}
    points = sum(points_of[name] for name in met if met[name])
    open_points = sum(points_of[name] for name in met if met[name] is None)
    completeness = 1 - open_points / 100
    gated = account["employees"] is not None and account["employees"] < 5
    raw = next((tier for tier, least in CUTOFFS.items() if points >= least), "D")
    if met["industry"] is False and raw in ("A", "B"):
        raw = "C"  # a required criterion that is not met
    match: bool | None = None
    if gated or met["industry"] is False or points + open_points < MATCH_POINTS:
        match = False
    elif met["industry"] and points >= MATCH_POINTS:
        match = True
    tier = "X" if gated else "U" if completeness < MIN_COMPLETENESS else raw
    return {"met": met, "points": points, "completeness": completeness, "tier": tier, "icp": match}


@pytest.fixture(scope="module")
def accounts() -> list[dict[str, Any]]:
    return _accounts()


@pytest.fixture(scope="module")
def world(
    accounts: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory, dbt_state: Path
) -> World:
    folder = tmp_path_factory.mktemp("icp")
    (folder / "dbt").symlink_to(dbt_state)
    settings = Settings(icp_home=folder, data_dir=folder, sources_dir=folder)
    landed = [{k: v for k, v in row.items() if k != "technologies"} for row in accounts]
    landed[0] |= {"icp_score": 12.25, "icp_tier": "b", "icp_reasons": "by hand"}
    landed.append({"account_id": "gone", "name": "Merged Firm", "merged_into_id": "A001"})
    rows = {
        "crm.accounts": landed,
        "external.technologies": [
            {"crm_account_id": row["account_id"], "technology": name, "role": "in_use"}
            | {"first_seen_at": "2030-01-01 00:00:00"}
            for row in accounts
            for name in row["technologies"]
        ],
    }
    build_raw_world(settings.warehouse, rows, _registry())
    made = World(settings)
    made.build(
        "+sync_crm__accounts",
        "+icp_matches",
        "+snap_icp_scores",
    )
    return made


def test_matches_equal_the_rubric(world: World, accounts: list[dict[str, Any]]) -> None:
    found = world.query("select account_id, criterion_id, is_met from marts.icp_matches")
    expected = {
        (row["account_id"], name, is_met)
        for row in accounts
        for name, is_met in _expected(row)["met"].items()
    }
    assert set(found) == expected
    assert len(found) == len(expected)


def test_scores_equal_the_rubric_to_1e_9(world: World, accounts: list[dict[str, Any]]) -> None:
    found = {
        key: rest
        for key, *rest in world.query(
            "select account_id, points, completeness, tier, raw_tier, is_icp from marts.icp_scores"
        )
    }
    assert len(found) == len(accounts)
    for row in accounts:
        wanted = _expected(row)
        points, completeness, tier, raw_tier, is_icp = found[row["account_id"]]
        assert points == pytest.approx(wanted["points"], abs=1e-9)
        assert completeness == pytest.approx(wanted["completeness"], abs=1e-9)
        assert (tier, raw_tier, is_icp) == (wanted["tier"], wanted["tier"], wanted["icp"])


def test_every_tier_and_answer_occurs(world: World) -> None:
    tiers = {tier for (tier,) in world.query("select distinct tier from marts.icp_scores")}
    answers = {value for (value,) in world.query("select distinct is_icp from marts.icp_scores")}
    assert tiers == {"A", "B", "C", "D", "X", "U"}
    assert answers == {True, False, None}


def test_each_living_crm_record_has_one_row_beside_what_the_crm_holds(world: World) -> None:
    found = world.query(
        "select crm_record_id, icp_product, crm_icp_score, crm_icp_tier, crm_icp_reasons,"
        " crm_is_known from activation.sync_crm__accounts order by 1"
    )
    assert len(found) == 150
    assert found[0] == ("A000", "atlas", 12.25, "b", "by hand", True)
    assert found[1] == ("A001", "atlas", None, None, None, True)


def test_unknown_is_not_sent_as_a_number(world: World) -> None:
    found = world.query(
        "select distinct icp_tier = 'U', icp_score is null from activation.sync_crm__accounts"
    )
    assert set(found) == {(True, True), (False, False)}


def test_scores_are_remembered_from_the_first_run_on(world: World) -> None:
    found = world.query(
        "select count(*), min(dbt_valid_from), count(dbt_valid_to) from snapshots.snap_icp_scores"
    )
    assert found == [(150, world.known_at, 0)]
