"""From the validated sources.yml to the plans that landing reads by."""

from dataclasses import replace
from pathlib import Path

from dagster_project.icp.entities import ENTITIES
from dagster_project.icp.sources import Sources
from dagster_project.landing.dates import Zones
from dagster_project.landing.plan import ColumnPlan, EntityPlan, plans
from dagster_project.landing.target import LandingTarget
from dagster_project.resources.landing_duckdb import DuckDBLanding
from tests.landing_bench import START

SOURCES = Sources.model_validate(
    {
        "sources": [
            {
                "name": "harbor_crm",
                "system": "crm",
                "entities": {
                    "accounts": {
                        "path": "crm/accounts.tsv",
                        "encoding": "cp1252",
                        "columns": {
                            "account_id": "id",
                            "name": ["title", "company"],
                            "is_deleted": {"from": "state", "map": {"gone": True, "*": False}},
                            "currency": {"value": "EUR"},
                        },
                    },
                    "billing.customers": {"kind": "table"},
                },
            },
            {
                "name": "product_app",
                "system": "product",
                "time_zone": "Europe/Berlin",
                "entities": {"events": {"path": "events/**/*.parquet"}},
            },
        ]
    }
)


def test_plans_follow_sources_and_leave_tables_out() -> None:
    accounts, events = plans(SOURCES, "America/New_York")
    assert (accounts.entity.id, accounts.load_mode, accounts.key, accounts.order_by) == (
        "crm.accounts", "snapshot", ("account_id",), "updated_at",
    )  # fmt: skip
    assert accounts.zones == ("America/New_York", "America/New_York")
    assert events.zones == ("Europe/Berlin", "America/New_York")
    assert (accounts.file_format, events.file_format) == ("csv", "parquet")
    assert accounts.encodings == ("cp1252",)
    assert events.load_mode == "append"
    assert accounts.columns == {
        "account_id": ColumnPlan(("id",)),
        "name": ColumnPlan(("title", "company")),
        "is_deleted": ColumnPlan(("state",), value_map=(("gone", "true"), ("*", "false"))),
        "currency": ColumnPlan(constant="EUR"),
    }


def test_fingerprint_changes_with_what_decides_the_values() -> None:
    plan = EntityPlan("harbor_crm", ENTITIES["crm.accounts"], "a.csv")
    assert plan.fingerprint == replace(plan, path="b.csv", ignore=("note",)).fingerprint
    for changed in (
        replace(plan, zones=Zones("Europe/Berlin")),
        replace(plan, columns={"name": ColumnPlan(("title",))}),
        replace(plan, load_mode="delta"),
    ):
        assert changed.fingerprint != plan.fingerprint


def test_duckdb_landing_keeps_the_contract_of_targets(tmp_path: Path) -> None:
    target: LandingTarget = DuckDBLanding(tmp_path / "w.duckdb", tmp_path, tmp_path / "lake")
    with target as landing:
        landing.prepare()
        landing.prepare()
        assert landing.land_events([], run_id="run", known_at=START) == []
