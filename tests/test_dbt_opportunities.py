"""Deals as a CRM has them: on several accounts, merged, orphaned, in strange currencies."""

from pathlib import Path

import pytest
from conftest import World
from raw_world import build_raw_world

from dagster_project.resources.settings import Settings

ACCOUNTS = [
    {"account_id": "A1", "name": "Parent Mills"},
    {"account_id": "A2", "name": "Branch Mills", "parent_account_id": "A1"},
    {"account_id": "A3", "name": "Branch Mills (copy)", "merged_into_id": "A2"},
]
WON = {"stage": "Won", "is_closed": True, "is_won": True}
OPEN = {"stage": "Proposal", "is_closed": False, "is_won": False}
DEALS = [
    {"opportunity_id": "on_two", "account_id": "A1", "amount": 100.0, **WON}
    | {"created_at": "2030-01-01 10:00:00", "close_date": "2030-01-11", "product_id": "ATLAS "},
    {"opportunity_id": "of_copy", "account_id": "A3", "amount": 50.0, "currency": "eur", **OPEN}
    | {"created_at": "2030-01-01 10:00:00", "close_date": "2030-12-31"},
    {"opportunity_id": "without_account", "amount": 10.0, "currency": "XTS", **OPEN},
    {"opportunity_id": "orphan", "account_id": "A404", **OPEN},
    {"opportunity_id": "merged", "account_id": "A1", "merged_into_id": "on_two", **OPEN},
    {"opportunity_id": "negative", "account_id": "A1", "amount": -5.0, **OPEN},
    {"opportunity_id": "backwards", "account_id": "A1", **WON}
    | {"created_at": "2030-02-01 10:00:00", "close_date": "2030-01-31"},
    {"opportunity_id": "reopened", "account_id": "A1", "stage": "Lost", "is_closed": True}
    | {"is_won": False, "created_at": "2030-01-01 10:00:00", "close_date": "2030-03-02"}
    | {"product_id": "telescope"},
    {"opportunity_id": "replaced", "account_id": "A1", **OPEN}
    | {"opportunity_type": "Existing Customer - Replacement"},
    {"opportunity_id": "tender", "account_id": "A1", "opportunity_type": "Tender", **OPEN},
    {"opportunity_id": "no_outcome", "account_id": "A1", "stage": "Closed", "is_closed": True}
    | {"created_at": "2030-01-01 10:00:00", "close_date": "2030-01-09"},
]
LINKS = [
    {"opportunity_id": "on_two", "account_id": "A1", "is_primary": False},
    {"opportunity_id": "on_two", "account_id": "A2", "is_primary": True},
]
HISTORY = [
    *(("on_two", stage, f"2030-01-0{day}") for day, stage in enumerate(("Intro", "Proposal"), 1)),
    ("on_two", "Won", "2030-01-11"),
    ("reopened", "Intro", "2030-01-01"),
    ("reopened", "Proposal", "2030-01-05"),
    ("reopened", "Lost", "2030-01-20"),
    ("reopened", "Intro", "2030-02-01"),
    ("reopened", "Lost", "2030-03-02"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, dbt_state: Path) -> World:
    folder = tmp_path_factory.mktemp("deals")
    (folder / "dbt").symlink_to(dbt_state)
    settings = Settings(icp_home=folder, data_dir=folder, sources_dir=folder)
    rows = {
        "crm.accounts": ACCOUNTS,
        "crm.opportunities": DEALS,
        "crm.opportunity_accounts": LINKS,
        "crm.opportunity_stage_history": [
            {"opportunity_id": deal, "stage": stage, "entered_at": f"{day} 09:00:00"}
            for deal, stage, day in HISTORY
        ],
        "finance.fx_rates": [
            {"rate_date": "2029-01-01", "from_currency": "EUR", "to_currency": "USD", "rate": 1.2}
        ],
    }
    level = {"company_name": "Example Tools", "reporting_currency": "USD", "time_zone": "UTC"}
    level |= {"fiscal_year_start_month": 1, "customer_level": "ultimate_parent"}
    build_raw_world(settings.warehouse, rows, {"company": [level]})
    made = World(settings)
    made.build(
        "+fct_opportunities",
        "+int_opportunity_rejected_rows",
    )
    return made


def _deal(world: World, key: str, columns: str) -> tuple:
    [found] = world.query(
        f"select {columns} from marts.fct_opportunities where opportunity_id = '{key}'"
    )
    return found


def test_a_deal_on_two_accounts_counts_once_at_the_primary(world: World) -> None:
    columns = "account_id, customer_id, product_id, amount, state, cycle_days"
    assert _deal(world, "on_two", columns) == ("A2", "A1", "atlas", 100, "won", 10)


def test_a_merged_account_hands_its_deals_over(world: World) -> None:
    columns = "account_id, customer_id, amount, amount_original, currency"
    assert _deal(world, "of_copy", columns) == ("A2", "A1", 60, 50, "EUR")


def test_the_forecast_of_an_open_deal_is_not_a_close(world: World) -> None:
    assert _deal(world, "of_copy", "state, closed_at, cycle_days") == ("open", None, None)


def test_a_deal_without_account_or_rate_is_kept(world: World) -> None:
    columns = "account_id, customer_id, amount, amount_original"
    assert _deal(world, "without_account", columns) == (None, None, None, 10)


def test_a_reopened_deal_runs_to_its_final_close(world: World) -> None:
    columns = "cycle_days, max_stage, stage, product_id"
    assert _deal(world, "reopened", columns) == (60, "proposal", "lost", None)


def test_a_close_without_outcome_is_no_loss(world: World) -> None:
    assert _deal(world, "no_outcome", "state, cycle_days") == ("closed_unknown", 8)


def test_a_type_that_nobody_mapped_is_no_new_deal(world: World) -> None:
    found = {key: _deal(world, key, "opportunity_type") for key in ("on_two", "replaced", "tender")}
    assert found == {"on_two": ("new",), "replaced": ("renewal",), "tender": ("unknown",)}


def test_what_does_not_count_is_kept_with_its_reason(world: World) -> None:
    found = world.query(
        "select row_key, rule, disposition from intermediate.int_opportunity_rejected_rows"
    )
    assert set(found) == {
        ("orphan", "no such account", "rejected"),
        ("merged", "merged", "merged"),
        ("backwards", "closed_at is before created_at", "rejected"),
        ("reopened", "product is not known", "field_cleared"),
        ("without_account", "currency without rate", "field_cleared"),
        ("no_outcome", "closed without outcome", "field_cleared"),
        ("tender", "opportunity type is not known", "field_cleared"),
    }
    kept = {key for (key,) in world.query("select opportunity_id from marts.fct_opportunities")}
    assert kept == {
        *("on_two", "of_copy", "without_account", "reopened", "replaced", "tender", "no_outcome")
    }
