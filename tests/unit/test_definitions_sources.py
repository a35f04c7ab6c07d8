"""Mistakes in `sources.yml`: each is found, on its line, with a remedy."""

from pathlib import Path

import pytest
from definition_folder import DefinitionFolder

# file, old text, new text, a part of the line to be named, field, message, remedy
CASES = {
    "entity unknown": (
        "sources.yml", "support.tickets", "support.ticket", "support.ticket:",
        "sources[1].entities.support.ticket", "is no entity", "did you mean `support.tickets`",
    ),
    "entity without a system": (
        "sources.yml", "support.tickets", "tickets", "      tickets:",
        "sources[1].entities.tickets", "names no system", "write `support.tickets`",
    ),
    "entity twice": (
        "sources.yml", "      billing.customers:\n        kind: table",
        "      crm.accounts:\n        kind: table", "crm.accounts:",
        "sources[0].entities.crm.accounts", "already given", "one of the two",
    ),
    "system unknown": (
        "sources.yml", "system: crm", "system: crn", "system: crn", "sources[0].system",
        "is no system", "did you mean `crm`",
    ),
    "canonical column unknown": (
        "sources.yml", "industry: {from", "industri: {from", "industri",
        "sources[0].entities.accounts.columns.industri", "no column of crm.accounts",
        "did you mean `industry`",
    ),
    "key column unknown": (
        "sources.yml", "key: [account_id]", "key: [id]", "key:",
        "sources[0].entities.accounts.key[0]", "no column of crm.accounts", "account_id",
    ),
    "order column unknown": (
        "sources.yml", "order_by: updated_at", "order_by: updated", "order_by",
        "sources[0].entities.accounts.order_by", "no column", "did you mean `updated_at`",
    ),
    "from and value": (
        "sources.yml", "{value: EUR}", "{from: money, value: EUR}", "currency:",
        "sources[0].entities.accounts.columns.currency", "either `from` or `value`", "write",
    ),
    "scale of a text": (
        "sources.yml", "{from: sector, map", "{from: sector, scale: 2, map", "industry:",
        "sources[0].entities.accounts.columns.industry.scale", "is a text", "remove",
    ),
    "minutes on a text": (
        "sources.yml", "first_reply_at: {", "status: {", "status:",
        "sources[1].entities.support.tickets.columns.status.plus_minutes", "is a text", "remove",
    ),
    "mapped and ignored": (
        "sources.yml", "ignore: [note]", "ignore: [sector]", "ignore:",
        "sources[0].entities.accounts.ignore[0]", "mapped and ignored", "remove",
    ),
    "load mode unknown": (
        "sources.yml", "kind: table", "load_mode: full\n        path: a.csv", "load_mode: full",
        "sources[0].entities.billing.customers.load_mode", "`full` is not allowed", "snapshot",
    ),
    "events as snapshot": (
        "sources.yml", "path: events/**/*.parquet",
        "path: events/**/*.parquet\n        load_mode: snapshot", "load_mode: snapshot",
        "sources[1].entities.product.events.load_mode", "only ever appended", "append",
    ),
    "table with columns": (
        "sources.yml", "kind: table", "kind: table\n        columns: {name: n}", "{name: n}",
        "sources[0].entities.billing.customers.columns", "means nothing for a table", "remove it",
    ),
    "file without a path": (
        "sources.yml", "kind: table", "kind: file", "billing.customers",
        "sources[0].entities.billing.customers", "needs a path", "add `path",
    ),
    "path out of the folder": (
        "sources.yml", "path: tickets.csv", "path: ../tickets.csv", "../tickets.csv",
        "sources[1].entities.support.tickets.path", "leaves the sources folder", "inside",
    ),
    "format unknown": (
        "sources.yml", "path: tickets.csv", "path: tickets.dat", "tickets.dat",
        "sources[1].entities.support.tickets.path", "cannot be told", "format: csv",
    ),
    "sheet of a CSV": (
        "sources.yml", "path: tickets.csv", "path: tickets.csv\n        sheet: One", "sheet: One",
        "sources[1].entities.support.tickets.sheet", "csv file has no sheet", "excel",
    ),
    "error before warning": (
        "sources.yml", "error_after_hours: 48", "error_after_hours: 2", "error_after_hours",
        "sources[0].freshness.error_after_hours", "before the warning", "at least",
    ),
    "product constant unknown": (
        "sources.yml", "{value: alpha-1}", "{value: gamma}", "gamma",
        "sources[1].entities.product.events.columns.product_id", "no product is called `gamma`",
        "use one of",
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


def test_accounts_are_needed(folder: DefinitionFolder) -> None:
    folder.write(
        "sources.yml", "sources: [{name: a, entities: {crm.opportunities: {path: deals.csv}}}]"
    )
    assert "no source provides crm.accounts" in folder.problem().message


def test_accounts_alone_are_not_enough(folder: DefinitionFolder) -> None:
    folder.write(
        "sources.yml", "sources: [{name: a, entities: {crm.accounts: {path: accounts.csv}}}]"
    )
    problem = folder.problem()
    assert "accounts alone" in problem.message
    assert "crm.opportunities, billing.subscriptions, product.events" in problem.remedy
