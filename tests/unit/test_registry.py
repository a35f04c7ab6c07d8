"""Definitions as rows: versions only ever grow, every other table is replaced whole."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from definition_folder import ALPHA, DefinitionFolder

from dagster_project.icp.loading import Definitions
from dagster_project.icp.registry import RegistryError, RegistrySummary, write_registry
from dagster_project.icp.registry_tables import REGISTRY_TABLES
from dagster_project.icp.versions import icp_version

MONDAY, TUESDAY, LATER = (datetime.fromisoformat(f"2025-03-0{day} 06:00") for day in (3, 4, 5))


@pytest.fixture
def folder(tmp_path: Path) -> DefinitionFolder:
    return DefinitionFolder.copy_to(tmp_path)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def rewrite(folder: DefinitionFolder, old: str, new: str) -> Definitions:
    folder.edit(ALPHA, old, new)
    return folder.load()


def write(
    connection: duckdb.DuckDBPyConnection, definitions: Definitions, at: datetime = MONDAY
) -> RegistrySummary:
    return write_registry(connection, definitions, known_at=at, approved_by="Ann Example")


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[object, ...]]:
    return connection.execute(query).fetchall()


def contents(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    return {
        table: sorted(rows(connection, f"select * from icp_registry.{table}"), key=repr)
        for table in REGISTRY_TABLES
    }


def test_second_write_of_the_same_definitions_changes_nothing(
    folder: DefinitionFolder, connection: duckdb.DuckDBPyConnection
) -> None:
    definitions = folder.load()
    first = write(connection, definitions)
    before = contents(connection)
    second = write(connection, definitions, TUESDAY)
    assert contents(connection) == before
    assert first.added_icps == ("alpha_shops", "shared")
    assert second.unchanged_icps == ("alpha_shops", "shared")
    assert (second.added_icps, second.changed_icps, second.removed_icps) == ((), (), ())
    assert second.rows["icp_criteria"] == 5


def test_changed_icp_closes_its_version_and_opens_one(
    folder: DefinitionFolder, connection: duckdb.DuckDBPyConnection
) -> None:
    write(connection, folder.load())
    changed = rewrite(folder, "below: 200", "below: 300")
    summary = write(connection, changed, TUESDAY)
    assert summary.changed_icps == ("alpha_shops",)
    versions = rows(
        connection,
        "select is_current, valid_from, valid_to, approved_by from icp_registry.icp_versions"
        " where icp_id = 'alpha_shops' order by valid_from",
    )
    assert versions == [
        (False, MONDAY, TUESDAY, "Ann Example"),
        (True, TUESDAY, None, "Ann Example"),
    ]
    used = rows(connection, "select distinct icp_version from icp_registry.icp_criteria"
                " where icp_id = 'alpha_shops'")  # fmt: skip
    assert used == [(icp_version(changed.icps()[0]),)]


def test_going_back_to_an_earlier_version_is_a_new_row(
    folder: DefinitionFolder, connection: duckdb.DuckDBPyConnection
) -> None:
    write(connection, folder.load())
    write(connection, rewrite(folder, "below: 200", "below: 300"), TUESDAY)
    write(connection, rewrite(folder, "below: 300", "below: 200"), LATER)
    versions = rows(
        connection,
        "select icp_version, is_current from icp_registry.icp_versions"
        " where icp_id = 'alpha_shops' order by valid_from",
    )
    assert [is_current for _, is_current in versions] == [False, False, True]
    assert versions[0][0] == versions[2][0]


def test_removed_icp_is_closed_and_leaves_the_criteria(
    folder: DefinitionFolder, connection: duckdb.DuckDBPyConnection
) -> None:
    write(connection, folder.load())
    text = folder.text("portfolio.yml")
    folder.write("portfolio.yml", text[: text.index("icp:\n")])
    summary = write(connection, folder.load(), TUESDAY)
    assert summary.removed_icps == ("shared",)
    closed = "select valid_to, is_current from icp_registry.icp_versions where icp_id = 'shared'"
    assert rows(connection, closed) == [(TUESDAY, False)]
    gone = "select count(*) from icp_registry.icp_criteria where icp_id = 'shared'"
    assert rows(connection, gone) == [(0,)]


def test_change_known_before_the_current_version_is_refused_whole(
    folder: DefinitionFolder, connection: duckdb.DuckDBPyConnection
) -> None:
    write(connection, folder.load(), TUESDAY)
    before = contents(connection)
    changed = rewrite(folder, "below: 200", "below: 300")
    with pytest.raises(RegistryError, match="alpha_shops changed, but .* known since"):
        write(connection, changed, MONDAY)
    assert contents(connection) == before


def test_a_folder_that_holds_another_company_is_refused_before_its_rows_go(
    folder: DefinitionFolder, connection: duckdb.DuckDBPyConnection
) -> None:
    definitions = folder.load()
    source = definitions.sources.sources[0].name
    write(connection, definitions)
    before = contents(connection)
    folder.edit("company.yml", definitions.company.name, "Ash & Birch")
    renamed = folder.load()
    # nothing is landed yet, so nothing could be lost
    write(connection, renamed)
    write(connection, definitions)
    connection.execute("create schema landing; create table landing.loads (source varchar)")
    write(connection, renamed)
    write(connection, definitions)
    connection.execute("insert into landing.loads values ('elsewhere_crm'), ('elsewhere_app')")
    with pytest.raises(RegistryError, match="elsewhere_app, elsewhere_crm.* Ash & Birch.*ICP_DATA"):
        write(connection, renamed)
    assert contents(connection) == before
    # its sources alone, or its name alone, may change
    write(connection, definitions)
    connection.execute("insert into landing.loads values (?)", [source])
    write(connection, renamed)


def test_a_failed_write_leaves_nothing_behind(
    folder: DefinitionFolder, connection: duckdb.DuckDBPyConnection
) -> None:
    write(connection, folder.load())
    before = contents(connection)
    connection.execute("alter table icp_registry.tolerances rename column rule to broken")
    connection.execute("alter table icp_registry.tolerances drop column broken")
    with pytest.raises(duckdb.Error):
        write(connection, rewrite(folder, "below: 200", "below: 300"), TUESDAY)
    now = rows(connection, "select * from icp_registry.icp_versions")
    assert sorted(now, key=repr) == before["icp_versions"]


def test_previous_tiers_are_left_alone(
    folder: DefinitionFolder, connection: duckdb.DuckDBPyConnection
) -> None:
    write(connection, folder.load())
    connection.execute(
        "insert into icp_registry.previous_tiers values ('a1', 'shared', 'v', 'A', ?)", [MONDAY]
    )
    write(connection, folder.load(), TUESDAY)
    assert rows(connection, "select tier from icp_registry.previous_tiers") == [("A",)]


def test_every_table_says_what_the_files_say(
    folder: DefinitionFolder, connection: duckdb.DuckDBPyConnection
) -> None:
    write(connection, folder.load())
    held = contents(connection)
    assert held["company"] == [("Example Works", "EUR", 1, "Europe/Berlin", "account")]
    assert ("alpha-1", "alpha") in held["product_aliases"]
    assert ("alpha one", "alpha") in held["product_aliases"]
    assert ("alpha", "Alpha One", 0.8, "done", None, "contract_start") in held["products"]
    assert ("beta", "Beta", None, None, None, "contract_start") in held["products"]
    changed = date(2025, 2, 1)
    assert held["plan_features"] == [
        ("beta", "basic", "alerts", changed, None),
        ("beta", "basic", "boards", None, changed),
        ("beta", "basic", "boards", changed, None),
        ("beta", "guest", None, None, None),
    ]
    assert ("buyer", None, "Buyer", "economic_buyer", False) in held["personas"]
    assert held["support_week"] == [(1, 540, 1050), (2, 540, 1050), (6, 0, 1440)]
    assert held["support_holidays"] == [(date(2030, 1, 1),)]
    assert ("mail.example",) in held["free_mail_domains"]
    assert ("gmail.com",) in held["free_mail_domains"]
    assert ("custom_tier", "icp_tier") in held["crm_fields"]
    assert ("icp_score", "icp_score") in held["crm_fields"]
    assert held["pains"] == [("alpha", "alpha_shops", "slow", "It is slow")]
    assert held["triggers"] == [("alpha", "alpha_shops", "hires", "hiring", "Hires people", 90)]
    tiers = {row[2:] for row in held["icp_tiers"] if row[0] == "alpha_shops"}
    assert tiers == {("A", 8.0), ("B", 5.0), ("C", 2.0), ("D", 0.0)}
    forbidden = {row[0] for row in held["attribute_catalogue"] if row[3] == "forbidden"}
    assert {"owner_id", "icp_tier", "current_mrr"} <= forbidden


def test_segment_rules_and_schemes(
    folder: DefinitionFolder, connection: duckdb.DuckDBPyConnection
) -> None:
    write(connection, folder.load())
    rules = rows(
        connection,
        "select segment_scheme, segment, operator, value_text, value_low, value_high, sort_order"
        " from icp_registry.segment_rules order by segment_scheme, sort_order, value_text",
    )
    assert rules == [
        ("industry", "retail", "in", "retail", None, None, 1),
        ("industry", "retail", "in", "shops", None, None, 1),
        ("industry", "other", "otherwise", None, None, None, 2),
        ("size", "small", "between", None, None, 50.0, 1),
        ("size", "large", "between", None, 50.0, None, 2),
    ]
    crossed = rows(
        connection,
        "select * exclude (description) from icp_registry.segment_schemes"
        " where scheme_kind = 'crossed'",
    )
    assert crossed == [("industry_x_size", "crossed", "industry", "size")]


def test_criteria_and_their_values(
    folder: DefinitionFolder, connection: duckdb.DuckDBPyConnection
) -> None:
    write(connection, folder.load())
    criteria = rows(
        connection,
        "select criterion_id, operator, value_low, value_high, points, is_required, provenance,"
        " support_n from icp_registry.icp_criteria where icp_id = 'alpha_shops' order by 1",
    )
    assert criteria == [
        ("industry_fits", "in", None, None, 4.0, False, "assumed", None),
        ("not_abroad", "not_in", None, None, 2.0, False, "assumed", None),
        ("size_fits", "between", 20.0, 200.0, 3.0, True, "data_derived", 40),
        ("stack_fits", "in", None, None, 1.0, False, "assumed", None),
    ]
    values = rows(
        connection,
        "select criterion_id, value_text from icp_registry.icp_criterion_values"
        " where icp_id = 'alpha_shops' order by 1, 2",
    )
    assert values == [
        ("industry_fits", "retail"),
        ("industry_fits", "shops"),
        ("not_abroad", "no"),
        ("stack_fits", "some tool"),
    ]


def test_parameters_and_tolerances(
    folder: DefinitionFolder, connection: duckdb.DuckDBPyConnection
) -> None:
    write(connection, folder.load())
    parameters = {row[0]: row[1:] for row in contents(connection)["metric_parameters"]}
    assert parameters["min_n"] == (None, 5.0)
    assert parameters["churn_date"] == ("service_period_end", None)
    assert parameters["confidence_z"][1] == pytest.approx(1.959964, abs=1e-6)
    tolerances = contents(connection)["tolerances"]
    assert ("office_crm", "crm.accounts", "rejected_rate", 0.1, None, "error") in tolerances
    assert ("office_crm", "crm.accounts", "min_rows", 1.0, None, "error") in tolerances
    freshness = [row[3:] for row in tolerances if row[2] == "freshness_hours"]
    assert freshness == [(24.0, None, "warn"), (48.0, None, "error")]
    assert len(tolerances) == 4 * 5 + 2
